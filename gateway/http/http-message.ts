// A request and its answer as the front sees them, whichever server carries them: node:http (serve-node-http.ts) or
// fastify (register-fastify.ts).
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../gateway-request.ts';

export interface HttpRequest {
  readonly method: string;
  /** Path and query string, as they came. */
  readonly url: string;
  /** Names in lower case, as node:http gives them. */
  readonly headers: IncomingHttpHeaders;
  /** Empty when there is none. */
  readonly body: string;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal | undefined;
  /** What a server around this one has decided already; the headers count for the rest. */
  readonly known?: KnownRequest;
}

export interface KnownRequest {
  readonly correlationId?: string;
  readonly traceparent?: string;
  /** On the clock of performance.now(). */
  readonly deadlineAt?: number;
  readonly caller?: Caller;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names and values in turns, as node:http's writeHead takes them; made for this answer, so more may be added. */
  readonly headers: string[];
  /** The parts of an iterable are to be sent as they come. */
  readonly body: string | Buffer | AsyncIterable<string>;
}
