// Calls to a service of which any number of replicas may run: a replica is chosen at each call, a dead one is left
// out at once, and a request that was never sent goes to another one. Everything between services goes this way:
// commands, the gateway's fetches, the BFFs' questions, the keys of identity.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'undici';
import { noteConsistency } from './consistency.ts';
import { contextHeaders, remainingMs } from './context.ts';
import { DeadlineExceeded } from './database-faults.ts';
import { ServiceUnavailable } from './rejection.ts';
import { createReplicaSet, type Replica, type ReplicaSet } from './replica-set.ts';
import { createRetryBudget } from './retry-budget.ts';
import { noTracing, type Tracing } from './tracing.ts';
import { pathOf } from './request-span.ts';
import { openPool, SendFault, sendRequest, type GivenUpBy, type HttpAnswer } from './send-request.ts';

/**
 * While no replica can be reached, a call waits this long for one: at a start others are just coming up, and who was
 * announced a moment ago is heard of at the next look. Longer would only pile up calls to a service that is gone.
 */
const unsentPatienceMs = 300;
const unsentPauseMs = 25;
/** A replica that did not answer within less than this has not failed: a client may ask for any deadline. */
export const fairTimeMs = 250;

/** Nothing of the request was sent: no replica is known, or none takes a connection. */
export class NotSent extends ServiceUnavailable {}

/** Who asked waits for it no more; what is told to nobody. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

/** The request was sent and its answer never came, so nobody knows whether it was carried out. */
export class AnswerLost extends ServiceUnavailable {}

export interface ReplicaRequest {
  /** Sent by POST; without a body the request is a GET. */
  readonly body?: string;
  /** The media type of the body; default `application/json`. */
  readonly contentType?: string | undefined;
  readonly authorization?: string | undefined;
  /** What goes along besides the context; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The media types that the answer may have; default `application/json`. */
  readonly accept?: string | undefined;
  /** At most, when the work's own deadline is later or when it has none. */
  readonly longestMs: number;
  /** Whether it may be sent twice; asked only when an answer was lost, which is then asked for once more. */
  readonly isRepeatable?: () => boolean;
  /** Who asked has gone: what may be sent twice is stopped, all else only while it has not been sent. */
  readonly signal?: AbortSignal | undefined;
  /** Replicas that were tried already for the same purpose: others go first. Those that are tried now are added. */
  readonly tried?: Set<string>;
}

export interface ReplicaCalls {
  /**
   * Any answer is an answer, whatever its status. Throws GivenUp, DeadlineExceeded, NotSent or AnswerLost; the last
   * two are ServiceUnavailable.
   */
  send(service: string, path: string, request: ReplicaRequest): Promise<HttpAnswer>;
  /** Once requests under way have ended. */
  close(): Promise<void>;
}

export interface ReplicaCallsOptions {
  /** Base URLs of the service's replicas; asked at each call. */
  readonly replicasOf: (service: string) => readonly string[];
  readonly connectionsPerReplica: number;
  readonly tracing?: Tracing;
}

export function createReplicaCalls(options: ReplicaCallsOptions): ReplicaCalls {
  const { tracing = noTracing } = options;
  const sets = new Map<string, ReplicaSet<Pool>>();
  const budget = createRetryBudget();

  function setOf(service: string): ReplicaSet<Pool> {
    let set = sets.get(service);
    if (set === undefined) {
      set = createReplicaSet({
        open: (url) => openPool(url, options.connectionsPerReplica),
        close: (pool) => pool.close(),
      });
      sets.set(service, set);
    }
    return set;
  }

  /** One request to one replica: what a trace shows as a call. */
  function attempt(call: Call, replica: Replica<Pool>): Promise<HttpAnswer> {
    const method = call.request.body === undefined ? 'GET' : 'POST';
    const path = pathOf(call.path);
    const attributes = {
      'peer.service': call.service,
      'http.request.method': method,
      'url.full': replica.url + path,
    };
    return tracing.inSpan(`${method} ${path}`, { kind: 'client', attributes }, async (span) => {
      const answer = await attemptWithin(call, replica);
      span.set({ 'http.response.status_code': answer.status });
      if (answer.status >= 400) span.fail(String(answer.status));
      return answer;
    });
  }

  async function attemptWithin(call: Call, replica: Replica<Pool>): Promise<HttpAnswer> {
    const { replicas, path, request } = call;
    const startedAt = performance.now();
    let how: Parameters<typeof replicas.giveBack>[1] = 'unknown';
    try {
      const timeoutMs = leftOf(call);
      const answer = await sendRequest(replica.link, {
        path,
        headers: {
          ...contextHeaders(),
          ...request.headers,
          'content-type': request.contentType ?? 'application/json',
          accept: request.accept ?? 'application/json',
          'x-deadline-ms': String(timeoutMs),
          ...(request.authorization === undefined ? {} : { authorization: request.authorization }),
        },
        ...(request.body === undefined ? {} : { body: request.body }),
        timeoutMs,
        givenUp: givenUpBy(request),
      });
      how = 'answered';
      noteConsistency(answer.consistency);
      return answer;
    } catch (fault) {
      if (fault instanceof SendFault) how = howOf(fault, startedAt);
      throw fault;
    } finally {
      replicas.giveBack(replica, how);
    }
  }

  /** The next replica for the call; waits a moment for one when there is none. */
  async function nextReplica(call: Call): Promise<Replica<Pool> | undefined> {
    const { replicas, service, tried } = call;
    for (;;) {
      replicas.update(options.replicasOf(service));
      const untried = replicas.take(tried);
      if (untried !== undefined) return untried;
      // Tried before, or left out: still better than nobody.
      const known = call.attempts === 0 ? (replicas.take(nobody) ?? replicas.takeLeastBad()) : undefined;
      if (known !== undefined) return known;
      if (call.request.signal?.aborted === true) throw new GivenUp();
      if (performance.now() >= Math.min(call.patientUntil, call.endsAt)) return undefined;
      await sleep(unsentPauseMs);
    }
  }

  async function sendOnce(call: Call): Promise<HttpAnswer> {
    let cause: unknown = `no replica of ${call.service} is known`;
    for (;;) {
      const replica = await nextReplica(call);
      if (replica === undefined) throw new NotSent(call.service, cause);
      call.tried.add(replica.url);
      call.attempts += 1;
      try {
        return await attempt(call, replica);
      } catch (fault) {
        if (!(fault instanceof SendFault)) throw fault;
        if (fault.kind === 'late') throw late(call, fault);
        if (fault.kind === 'given-up') throw new GivenUp();
        if (fault.kind === 'lost') throw new AnswerLost(call.service, fault);
        cause = fault;
      }
    }
  }

  return {
    async send(service, path, request) {
      const startedAt = performance.now();
      const call: Call = {
        service,
        replicas: setOf(service),
        path,
        request,
        endsAt: startedAt + Math.min(remainingMs() ?? Infinity, request.longestMs),
        patientUntil: startedAt + unsentPatienceMs,
        tried: request.tried ?? new Set(),
        attempts: 0,
      };
      budget.called();
      try {
        return await sendOnce(call);
      } catch (fault) {
        const mayRepeat = fault instanceof AnswerLost && request.isRepeatable?.() === true;
        if (!mayRepeat || !budget.mayRetry()) throw fault;
        return sendOnce({ ...call, attempts: 0 });
      }
    },
    async close() {
      await Promise.all([...sets.values()].map((set) => set.close()));
    },
  };
}

const nobody: ReadonlySet<string> = new Set();

/** One `send`, with all its attempts. */
interface Call {
  readonly service: string;
  readonly replicas: ReplicaSet<Pool>;
  readonly path: string;
  readonly request: ReplicaRequest;
  readonly endsAt: number;
  readonly patientUntil: number;
  readonly tried: Set<string>;
  attempts: number;
}

/** What a replica's failure to answer says about it. */
function howOf({ kind }: SendFault, startedAt: number): 'failed' | 'late' | 'unknown' {
  if (kind === 'not-sent' || kind === 'lost') return 'failed';
  return kind === 'given-up' || performance.now() - startedAt < fairTimeMs ? 'unknown' : 'late';
}

function givenUpBy({ signal, isRepeatable }: ReplicaRequest): GivenUpBy | undefined {
  return signal === undefined ? undefined : { signal, mayStop: () => isRepeatable?.() === true };
}

function leftOf(call: Call): number {
  const leftMs = Math.floor(call.endsAt - performance.now());
  if (leftMs <= 0) throw late(call);
  return leftMs;
}

function late({ service, path }: Call, cause?: unknown): DeadlineExceeded {
  return new DeadlineExceeded(`the deadline passed during ${pathOf(path)} of ${service}`, { cause });
}
