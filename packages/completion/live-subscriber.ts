// Who follows something live, on whatever transport, what it is given, and what its reads are made with.
import type { GraphQLFormattedError } from 'graphql';
import type { LiveRequest } from './accept-operation.ts';
import type { Changes } from './changes.ts';
import type { Cursors } from './cursor.ts';
import type { GatewayAnswer } from './gateway-client.ts';
import type { LiveDocument } from './twin.ts';

export interface EncodedPayload {
  /** The payload as JSON. */
  readonly text: string;
  readonly cursor: string;
}

/** Who the events are for, as the newest token says. */
export interface Holder {
  readonly authorization: string;
  /** Equal for those who may see the same. */
  readonly rights: string;
  /** Undefined for a token that is of no session. */
  readonly sessionId: string | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface Subscriber {
  readonly holder: Holder;
  /** A promise when the client is slow: resolved when it has taken the payload. Who is alone is waited for. */
  next(payload: EncodedPayload): Promise<void> | undefined;
  /** Nothing follows: the story has ended, or the errors say why not. */
  end(errors?: readonly GraphQLFormattedError[]): void;
}

export interface LiveRead {
  readonly field: string;
  readonly authorization: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The traceparents of the changes that it is made for. */
  readonly causes: readonly string[];
  /** Aborted when nobody follows any more. */
  readonly signal: AbortSignal;
}

export interface LiveOptions {
  readonly changes: Changes;
  readonly cursors: Cursors;
  readonly ask: (read: LiveRead) => Promise<GatewayAnswer>;
  /** Told of each answer that is asked for again. */
  readonly onRetry: (code: string, field: string) => void;
  readonly onFault: (fault: unknown) => void;
}

/** Equal for those who may share reads and payloads. */
export function nameOf(
  { document, variables, scope }: Omit<LiveRequest, 'progress'>,
  rights: string,
): string {
  // One left out is not the same as null: it takes its default.
  const used = [...document.variableNames].flatMap((name) =>
    variables[name] === undefined ? [] : [[name, variables[name]]],
  );
  return JSON.stringify([idOf(document), scope.field, scope.key, rights, used]);
}

const documentIds = new WeakMap<LiveDocument, number>();
let lastDocumentId = 0;

/** In place of the document's text, since every live query keeps its name. */
function idOf(document: LiveDocument): number {
  const known = documentIds.get(document);
  if (known !== undefined) return known;
  lastDocumentId += 1;
  documentIds.set(document, lastDocumentId);
  return lastDocumentId;
}
