// A link is a pool of connections to one replica. Two implementations: http1-link.ts (ours) and undici-link.ts, held
// to the same contract by link.contract.ts. Calls back instead of promising, since it runs once per subgraph request.
import type { HeaderLines } from './header-lines.ts';

/** One request on a link. Between `send` and its callback it belongs to the link; never to two at once. */
export interface Exchange {
  readonly body: string;
  readonly lines: HeaderLines;
  /** On the clock of performance.now(); told to the subgraph. Whoever sends abandons at that time, the link does not. */
  readonly deadlineAt: number;
  /** It cannot be repeated, so it takes no connection that may have been closed meanwhile. */
  readonly isMutation: boolean;
  /** A connection that was idle failed it: only a new one will do. */
  readonly wantsFreshConnection: boolean;
  /** Set by the link while the exchange belongs to it. */
  carrier: Carrier | undefined;
  /** A whole HTTP response came; `bytes` are those of its body on the wire. */
  onAnswer(status: number, text: string, bytes: number): void;
  onFault(fault: LinkFault): void;
}

/** Who has an exchange at this moment. */
export interface Carrier {
  /** Gives it up and destroys its connection if it was sent. Neither callback follows. */
  abandon(exchange: Exchange): void;
}

export interface LinkFault {
  readonly kind:
    | 'refused' // no connection came about
    | 'queue-full' // too many wait for a connection already
    | 'closed' // the link was closed before anything was sent
    | 'lost' // sent, and the connection ended before the whole answer came
    | 'malformed' // the answer is no HTTP
    | 'too-large'; // the answer is larger than the limit
  /** Whether any byte may have reached the subgraph. If not, the request may go to another replica. */
  readonly wasSent: boolean;
  /** The connection had been idle and ended before a single byte of the answer came: most likely it was closed before. */
  readonly wasStale: boolean;
  readonly detail: string;
}

export interface LinkCounts {
  readonly connections: number;
  readonly idle: number;
  readonly queued: number;
}

export interface Link {
  /** Exactly one callback follows, unless the exchange is abandoned; it may come before `send` returns. */
  send(exchange: Exchange): void;
  counts(): LinkCounts;
  /** Closes connections that were unused for too long. */
  sweep(now: number): void;
  /** The replica is gone: what is sent may finish, what waits gets a `closed` fault, connections close when unused. */
  retire(): void;
  /** Ends at once: each exchange gets a fault. */
  close(): void;
}

/** What a link is made for. */
export interface LinkTarget {
  readonly url: URL;
  readonly maxAnswerBytes: number;
  readonly maxConnections: number;
  readonly maxQueued: number;
  readonly connectMs: number;
  readonly idleConnectionMs: number;
  readonly mutationIdleMs: number;
  /** Undefined sends none. */
  readonly deadlineHeader: string | undefined;
  readonly http2: boolean;
  readonly tls: TlsIdentity | undefined;
}

/** PEM texts for https inside a house: whom to trust besides the public authorities, and who we are. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** GraphQL over HTTP: the media type of its own, and what older servers answer. */
export const acceptedTypes = 'application/graphql-response+json, application/json;q=0.9';

/** A fault before any byte went out. */
export function unsent(kind: LinkFault['kind'], detail: string): LinkFault {
  return { kind, wasSent: false, wasStale: false, detail };
}
