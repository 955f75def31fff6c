// What is known of an operation's fallbacks before it runs, and of a field that has failed.
import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { Degraded } from './degraded-result.ts';
import type { LastKnown } from './last-known.ts';
import type { Declared, Place, ShapeField } from './shape.ts';
import type { ResponseObject, ResponsePath } from './walk-answer.ts';

/** What is known of an operation before it runs. */
export interface OperationPart {
  readonly declared: Declared;
  readonly operation: OperationDefinitionNode;
  readonly place: Place;
  /** The same for fields with last known values only; undefined when there are none. */
  readonly recordedPlace: Place | undefined;
  /** Whether a provider stands in for some field of it. */
  readonly asksProviders: boolean;
  readonly kind: 'query' | 'mutation';
  /** Whose the root's fields are, for last known values: undefined for a mutation. */
  readonly rootOwner: string | undefined;
  readonly lastKnown: LastKnown;
  readonly now: () => number;
  /** By the fields that were asked of providers, so that the engine plans each once. */
  readonly providerDocuments: Map<string, DocumentNode>;
}

/** A field that failed and has had `next` of its fallbacks tried. */
export interface FailedField {
  readonly object: ResponseObject;
  readonly field: ShapeField;
  readonly path: ResponsePath;
  readonly owner: string | undefined;
  readonly way: string | undefined;
  readonly reason: string;
  next: number;
  degraded: Degraded | undefined;
}
