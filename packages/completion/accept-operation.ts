// From what a client sends to what is run for it, the same over every transport: a live query, an operation for the
// gateway, or the errors that it is refused with.
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { currentContext, errorExtensions } from '@simplebank/chassis';
import type { CursorScope, Cursors, Progress } from './live/cursor.ts';
import { inOrder } from './live/list-key.ts';
import type { PreparedDocuments } from './live/prepared-documents.ts';
import type { LiveDocument, StateDocument } from './live/twin.ts';

export interface OperationRequest {
  /** Empty where the document is named by its hash. */
  readonly query: string;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A subscription to a state, and which one the client has. */
export interface StateRequest {
  readonly document: StateDocument;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly scope: CursorScope;
  /** The digest of the state that the client has; empty when it has none. */
  readonly seen: string;
}

/** A subscription to events that has been found right, and where it begins. */
export interface LiveRequest {
  readonly document: LiveDocument;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly scope: CursorScope;
  /** What the client has already; undefined to begin with the newest event. */
  readonly progress: Progress | undefined;
}

export type Accepted =
  | { readonly kind: 'live'; readonly live: LiveRequest | StateRequest }
  | { readonly kind: 'operation' }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLFormattedError[] };

export interface AcceptOptions {
  readonly documents: PreparedDocuments;
  readonly cursors: Cursors;
}

/**
 * `lastEventId`: the cursor of a transport that has its own place for it; it is newer than the argument `after` of the
 * same URL.
 */
export function acceptOperation(
  { documents, cursors }: AcceptOptions,
  { query, operationName, variables }: OperationRequest,
  lastEventId?: string,
): Accepted {
  const prepared = documents.prepare(query, operationName);
  if (prepared.kind === 'invalid') {
    return { kind: 'refused', errors: prepared.errors.map(invalid) };
  }
  if (prepared.kind === 'unsupported') return refused('OPERATION_NOT_SUPPORTED', prepared.message);
  if (prepared.kind === 'operation') return prepared;
  const { document } = prepared;
  const { live } = document;
  let given: Record<string, unknown>;
  try {
    given = document.argumentsOf(variables);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'A variable does not fit its type.';
    return refused('BAD_USER_INPUT', message);
  }
  const key = inOrder(given[live.key]);
  const scope = { field: document.field, key: String(key) };
  const cursor = lastEventId ?? given['after'];
  if (prepared.kind === 'state') {
    const { keyVariable } = prepared.document;
    const isList = keyVariable !== undefined && Array.isArray(key);
    const ordered = isList ? { ...variables, [keyVariable]: key } : variables;
    const seen = typeof cursor === 'string' ? cursors.openState(scope, cursor) : '';
    return seen === undefined
      ? foreignCursor()
      : { kind: 'live', live: { scope, variables: ordered, document: prepared.document, seen } };
  }
  const progress = typeof cursor === 'string' ? cursors.open(scope, cursor) : undefined;
  return progress === undefined && typeof cursor === 'string'
    ? foreignCursor()
    : { kind: 'live', live: { scope, variables, document: prepared.document, progress } };
}

function foreignCursor(): Accepted {
  return refused('CURSOR_INVALID', 'The cursor does not belong to this subscription; subscribe without it.');
}

function invalid(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...rest } = error.toJSON();
  const code = String(extensions?.['code']);
  return { ...rest, extensions: { ...problem(code, error.message).extensions, ...extensions } };
}

function refused(code: string, message: string): Accepted {
  return { kind: 'refused', errors: [problem(code, message)] };
}

export function problem(code: string, message: string): GraphQLFormattedError {
  return { message, extensions: { ...errorExtensions(code, currentContext()?.correlationId) } };
}
