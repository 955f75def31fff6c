// Who follows something live, on whatever transport, what it is given, and what its reads are made with.
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { publicFault, unauthenticated } from '@simplebank/chassis';
import { problem, type LiveRequest, type StateRequest } from '../accept-operation.ts';
import type { Changes } from './changes.ts';
import type { CursorScope, Cursors } from './cursor.ts';
import type { GatewayAnswer } from '../gateway-client.ts';
import type { LiveDocument, StateDocument } from './twin.ts';

export interface EncodedPayload {
  /** The payload as JSON. */
  readonly text: string;
  readonly cursor: string;
  /** Of the last event of a story: whose it is. */
  readonly endOf?: CursorScope;
}

/** Who the events are for, as the newest token says. */
export interface Holder {
  readonly authorization: string;
  readonly customerId: string;
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
  /** Undefined when the client can take more; else a promise of when it can, or is gone. Events do not wait for it. */
  room(): Promise<void> | undefined;
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
  /** Must show what is so since it was asked: joins no read that began before. */
  readonly isFresh?: boolean;
}

export interface LiveOptions {
  readonly changes: Changes;
  readonly cursors: Cursors;
  readonly ask: (read: LiveRead) => Promise<GatewayAnswer>;
  /** Told of each answer that is asked for again. */
  readonly onRetry: (code: string, field: string) => void;
  readonly onFault: (fault: unknown) => void;
}

/** In whose name is read for all of them: whose token lives longest. */
export function readerOf(subscribers: Iterable<Subscriber>): Holder | undefined {
  let reader: Holder | undefined;
  for (const { holder } of subscribers) {
    if (reader === undefined || holder.expiresAtMs > reader.expiresAtMs) reader = holder;
  }
  return reader;
}

/**
 * Without a hint of the bus everything is read all the same, should one ever be lost although the bus delivers at least
 * once; not by all in the same moment, and seldom: ten thousand quiet subscribers are some two hundred reads a second.
 */
const shortestPollMs = 30_000;
export const longestPollMs = 60_000;

export function pollPauseMs(): number {
  return shortestPollMs + Math.random() * (longestPollMs - shortestPollMs);
}

interface Ending {
  readonly error: GraphQLFormattedError;
  readonly leave: (subscriber: Subscriber) => void;
}

/** Those of the session leave, and are told why. */
export function endOfSession(
  subscribers: Iterable<Subscriber>,
  sessionId: string,
  { error, leave }: Ending,
): void {
  for (const subscriber of subscribers) {
    if (subscriber.holder.sessionId !== sessionId) continue;
    leave(subscriber);
    subscriber.end([error]);
  }
}

/** Those whose tokens have run out. On the way of each event: an error is made only where there is one to tell. */
export function endExpired(subscribers: Iterable<Subscriber>, leave: Ending['leave']): void {
  const now = Date.now();
  for (const subscriber of subscribers) {
    if (subscriber.holder.expiresAtMs > now) continue;
    leave(subscriber);
    subscriber.end([problem('UNAUTHENTICATED', unauthenticated().message)]);
  }
}

/** A bug says nothing but its code. */
export function errorOf(fault: unknown, onFault: LiveOptions['onFault']): GraphQLFormattedError {
  if (fault instanceof GraphQLError) return fault.toJSON();
  onFault(fault);
  const { code, message } = publicFault(fault);
  return problem(code, message);
}

/** Equal for those who may share reads and payloads. */
export function nameOf(
  { document, variables, scope }: Omit<LiveRequest, 'progress'> | Omit<StateRequest, 'seen'>,
  rights: string,
): string {
  // One left out is not the same as null: it takes its default.
  const used = [...document.variableNames].flatMap((name) =>
    variables[name] === undefined ? [] : [[name, variables[name]]],
  );
  return JSON.stringify([idOf(document), scope.field, scope.key, rights, used]);
}

const documentIds = new WeakMap<LiveDocument | StateDocument, number>();
let lastDocumentId = 0;

/** In place of the document's text, since every live query keeps its name. */
function idOf(document: LiveDocument | StateDocument): number {
  const known = documentIds.get(document);
  if (known !== undefined) return known;
  lastDocumentId += 1;
  documentIds.set(document, lastDocumentId);
  return lastDocumentId;
}
