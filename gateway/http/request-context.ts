// What a request brings along besides its operation, read from its headers once: correlation id, trace, deadline, the
// headers that go on to subgraphs, and who the client says it is.
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { GatewayRequest } from '../gateway-request.ts';
import type { FetchContext, HeaderPair } from '../subgraph-fetch.ts';
import type { HttpRequest } from './http-message.ts';

/** Of a request that names no deadline, and the longest that one may ask for. */
const defaultDeadlineMs = 5_000;
const defaultMostDeadlineMs = 30_000;

/** By default only who asks; cookies never unless they are named, since subgraphs are not where they were set. */
const defaultForwardHeaders = ['authorization'];

/** Names belong to the connection or the body, which a subgraph request has of its own. */
const neverForwarded = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Client names become labels of metrics. */
const mostClientNameCharacters = 64;

const correlationIdPattern = /^[\w-]{1,64}$/;
const millisecondsPattern = /^\d{1,9}$/;
// W3C Trace Context 3.2: version 00; ids of nothing but zeros are invalid.
const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** W3C Trace Context 3.3.1.5: at least so much has to be passed on. */
const mostTracestateCharacters = 512;

export interface ContextOptions {
  readonly deadlineMs?: number;
  /** What x-deadline-ms may ask for at most. */
  readonly mostDeadlineMs?: number;
  /** Client headers that go to every subgraph; default: authorization. */
  readonly forwardHeaders?: readonly string[];
  /** Begins a trace for requests that bring none; default false. */
  readonly makeTraceparent?: boolean;
}

export interface ContextReader {
  correlationIdOf(request: HttpRequest): string;
  contextOf(request: HttpRequest, correlationId: string): FetchContext;
}

export function createContextReader(options: ContextOptions): ContextReader {
  const { deadlineMs = defaultDeadlineMs, mostDeadlineMs = defaultMostDeadlineMs } = options;
  const forward = (options.forwardHeaders ?? defaultForwardHeaders).map((name) => name.toLowerCase());
  for (const name of forward) {
    if (neverForwarded.has(name)) throw new Error(`forwardHeaders: ${name} cannot be passed on`);
  }
  const makeTraceparent = options.makeTraceparent ?? false;
  const newCorrelationId = correlationIds();

  return {
    correlationIdOf({ known, headers }) {
      // What the server around has decided is in its own log already.
      if (known?.correlationId !== undefined) return known.correlationId;
      const given = headers['x-correlation-id'];
      return typeof given === 'string' && correlationIdPattern.test(given) ? given : newCorrelationId();
    },
    contextOf({ headers, signal, known }, correlationId) {
      const passedOn: HeaderPair[] = [];
      for (const name of forward) {
        const value = headers[name];
        if (value !== undefined) passedOn.push([name, typeof value === 'string' ? value : value.join(', ')]);
      }
      const tracingHeaders: HeaderPair[] = [['x-correlation-id', correlationId]];
      addTrace(tracingHeaders, headers, known?.traceparent, makeTraceparent);
      const deadlineAt =
        known?.deadlineAt ?? performance.now() + budgetMs(headers, deadlineMs, mostDeadlineMs);
      return { headers: passedOn, tracingHeaders, deadlineAt, signal };
    },
  };
}

/** Unique across processes by the random prefix, within one by counting: a UUID for each request would cost more. */
function correlationIds(): () => string {
  const prefix = randomBytes(8).toString('hex');
  let count = 0;
  return () => `${prefix}-${(count += 1).toString(36)}`;
}

function addTrace(
  to: HeaderPair[],
  headers: IncomingHttpHeaders,
  known: string | undefined,
  makeOne: boolean,
): void {
  const given = known ?? headers['traceparent'];
  if (given === undefined && !makeOne) return;
  if (typeof given === 'string' && traceparentPattern.test(given)) {
    to.push(['traceparent', given]);
    const state = headers['tracestate'];
    if (typeof state === 'string' && state.length <= mostTracestateCharacters) to.push(['tracestate', state]);
  } else if (makeOne) {
    to.push(['traceparent', newTraceparent()]);
  }
}

/** Random bytes are asked for in bulk: each question to the system costs as much as the rest of a request's headers. */
const idBytes = 24;
const idsInBulk = 128;
let bulk = Buffer.alloc(0);
let used = 0;

function newTraceparent(): string {
  if (used === bulk.length) {
    bulk = randomBytes(idBytes * idsInBulk);
    used = 0;
  }
  const ids = bulk.toString('hex', used, (used += idBytes));
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-01`;
}

function budgetMs(headers: IncomingHttpHeaders, deadlineMs: number, mostDeadlineMs: number): number {
  const asked = headers['x-deadline-ms'];
  return typeof asked === 'string' && millisecondsPattern.test(asked)
    ? Math.min(Number(asked), mostDeadlineMs)
    : deadlineMs;
}

export function clientOf(headers: IncomingHttpHeaders): GatewayRequest['client'] {
  const name = headers['apollographql-client-name'] ?? headers['x-client-name'];
  if (typeof name !== 'string' || name === '') return undefined;
  const version = headers['apollographql-client-version'] ?? headers['x-client-version'];
  return {
    name: name.slice(0, mostClientNameCharacters),
    version: typeof version === 'string' ? version.slice(0, mostClientNameCharacters) : '',
  };
}
