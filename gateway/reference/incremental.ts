// What @defer's payloads look like, in the format that Apollo's clients and router speak (deferSpec=20220824).
import type { GraphQLFormattedError } from 'graphql';
import type { ResponsePath } from './positions.ts';

export type DeferredPayload = InitialPayload | IncrementalPayload;

export interface InitialPayload {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly hasNext: boolean;
}

export interface IncrementalPayload {
  readonly incremental?: readonly IncrementalItem[];
  readonly hasNext: boolean;
}

export interface IncrementalItem {
  /** Null when a null where none may be has no other place to go. */
  readonly data: Record<string, unknown> | null;
  readonly path: ResponsePath;
  readonly label?: string;
  readonly errors?: readonly GraphQLFormattedError[];
}
