// Carries the engine's requests to subgraphs and their answers back. What is dear stands elsewhere: connections in the
// links, retries in shared-fetch.ts. Here a call finds its subgraph, its headers, and perhaps somebody asking the same.
import type { FetchContext, SubgraphAnswer, SubgraphFetcher, SubgraphRequest } from '../subgraph-fetch.ts';
import { Deadlines } from './deadlines.ts';
import type { FetchEvent, TransportSnapshot } from './fetch-event.ts';
import { faultAnswer, type FaultCode, type FaultReport } from './fetch-fault.ts';
import { fingerprintOf } from './fingerprint.ts';
import { HeaderLinesMemory } from './header-lines.ts';
import { InFlight } from './in-flight.ts';
import { defaultLimits, idleSweepMs, type TransportLimits } from './limits.ts';
import type { TlsIdentity } from './link.ts';
import { makeLink } from './make-link.ts';
import { Replica, ReplicaSet } from './replica.ts';
import { RetryBudget } from './retry-budget.ts';
import { SharedFetch, unshared, type FetchedSubgraph } from './shared-fetch.ts';
import { ClientWatch, Waiter } from './waiter.ts';

export interface TransportOptions {
  /** The replicas of a subgraph at this moment; asked with each fetch, so it must be quick. */
  readonly urlsOf: (subgraph: string) => readonly string[];
  readonly limits?: Partial<TransportLimits>;
  /** Equal queries that are under way at once share one answer. On unless set. */
  readonly deduplicates?: boolean;
  /** Who carries plain http: ours, unless set. */
  readonly client?: 'own' | 'undici';
  /** Subgraphs that speak HTTP/2: by ALPN over https, with prior knowledge over http. */
  readonly http2?: (subgraph: string) => boolean;
  /** For https: a private authority, a client certificate. */
  readonly tls?: TlsIdentity;
  /** Tells the subgraph how many milliseconds are left. `x-deadline-ms` unless set; false sends none. */
  readonly deadlineHeader?: string | false;
  /** Called once a fetch, after its caller has the answer. */
  readonly onFetch?: (event: FetchEvent) => void;
  /** Called with the reason of each fault, which clients do not learn. */
  readonly report?: (report: FaultReport) => void;
}

export interface Transport extends SubgraphFetcher, AsyncDisposable {
  snapshot(): TransportSnapshot;
  /** Ends at once: fetches under way are answered with a fault. Let them drain before. */
  close(): Promise<void>;
}

export function createTransport(options: TransportOptions): Transport {
  return new PooledTransport(options);
}

class PooledTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #limits: TransportLimits;
  readonly #deadlineHeader: string | undefined;
  readonly #deadlines = new Deadlines();
  readonly #headerLines: HeaderLinesMemory;
  readonly #subgraphs = new Map<string, FetchedSubgraph>();
  readonly #sweeper: NodeJS.Timeout;
  #client: ClientWatch | undefined;
  #fetches = 0;
  #deduplicated = 0;
  #isClosed = false;

  constructor(options: TransportOptions) {
    this.#options = {
      ...options,
      ...(options.onFetch && { onFetch: guarded(options.onFetch) }),
      ...(options.report && { report: guarded(options.report) }),
    };
    this.#limits = { ...defaultLimits, ...options.limits };
    const { deadlineHeader = 'x-deadline-ms' } = options;
    this.#deadlineHeader = deadlineHeader === false ? undefined : deadlineHeader.toLowerCase();
    this.#headerLines = new HeaderLinesMemory(this.#deadlineHeader);
    this.#sweeper = setInterval(() => this.#sweep(), idleSweepMs).unref();
  }

  fetch(request: SubgraphRequest): Promise<SubgraphAnswer> {
    return new Promise((resolve) => {
      try {
        this.#begin(request, resolve);
      } catch (error) {
        // urlsOf belongs to someone else.
        this.#refuse(request, 'SERVICE_UNAVAILABLE', String(error), resolve);
      }
    });
  }

  snapshot(): TransportSnapshot {
    const now = performance.now();
    const subgraphs = [...this.#subgraphs.values()];
    return {
      fetches: this.#fetches,
      deduplicated: this.#deduplicated,
      retries: subgraphs.reduce((sum, { retries }) => sum + retries, 0),
      subgraphs: subgraphs.map(({ name, inFlight, retryBudget, replicas }) => ({
        name,
        inFlight: inFlight.size,
        retryBudget: retryBudget.left,
        replicas: replicas.replicas.map(({ url, outstanding, link, breaker }) => ({
          url,
          outstanding,
          ...link.counts(),
          breaker: breaker.stateAt(now),
        })),
      })),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    for (const subgraph of this.#subgraphs.values()) {
      subgraph.isClosed = true;
      subgraph.replicas.close();
    }
    this.#deadlines.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #begin(request: SubgraphRequest, resolve: (answer: SubgraphAnswer) => void): void {
    this.#fetches += 1;
    const { context } = request;
    const startedAt = performance.now();
    const deadlineAt = Math.min(context.deadlineAt, startedAt + this.#limits.longestFetchMs);
    const lines = this.#headerLines.linesOf(context);
    if ('refused' in lines) {
      this.#refuse(request, 'BAD_REQUEST', `the header ${JSON.stringify(lines.refused)}`, resolve);
      return;
    }
    if (this.#isClosed) {
      this.#refuse(request, 'SERVICE_UNAVAILABLE', 'the transport is closed', resolve);
      return;
    }
    if (deadlineAt <= startedAt || context.signal?.aborted === true) {
      this.#refuse(request, 'DEADLINE_EXCEEDED', 'there was no time left to ask', resolve);
      return;
    }
    const subgraph = this.#subgraphOf(request.subgraph);
    subgraph.replicas.follow(this.#options.urlsOf(request.subgraph));
    const onFetch = request.onFetch && guarded(request.onFetch);
    const times = { startedAt, deadlineAt };
    const waiter = new Waiter(this.#deadlines, times, this.#clientOf(context), resolve, onFetch);
    const isShareable =
      request.operationKind === 'query' &&
      request.isUnshared !== true &&
      this.#options.deduplicates !== false;
    const fingerprint = isShareable ? fingerprintOf(request.body, lines.fingerprint) : unshared;
    if (isShareable && subgraph.inFlight.find(fingerprint, lines, request.body)?.join(waiter) === true)
      this.#deduplicated += 1;
    else new SharedFetch(subgraph, request, lines, fingerprint, waiter).start();
  }

  #refuse(
    { subgraph, onFetch }: SubgraphRequest,
    code: FaultCode,
    reason: string,
    resolve: (answer: SubgraphAnswer) => void,
  ): void {
    resolve(faultAnswer(code));
    this.#options.report?.({ subgraph, url: undefined, reason });
    const event: FetchEvent = {
      subgraph,
      url: undefined,
      status: undefined,
      durationMs: 0,
      outcome: 'refused',
      bytes: 0,
      retries: 0,
      isDeduplicated: false,
    };
    this.#options.onFetch?.(event);
    if (onFetch !== undefined) guarded(onFetch)(event);
  }

  /** Fetches of one client request come one after another, so that most find theirs. */
  #clientOf({ signal }: FetchContext): ClientWatch | undefined {
    if (signal === undefined) return undefined;
    if (this.#client?.signal !== signal) this.#client = new ClientWatch(signal, this.#deadlines);
    return this.#client;
  }

  #subgraphOf(name: string): FetchedSubgraph {
    const known = this.#subgraphs.get(name);
    if (known !== undefined) return known;
    const { client = 'own', http2, tls, onFetch, report } = this.#options;
    const choice = { client, http2: http2?.(name) ?? false, tls, deadlineHeader: this.#deadlineHeader };
    const makeReplica = (url: string): Replica =>
      new Replica(url, makeLink(url, choice, this.#limits, this.#deadlines), this.#limits);
    const subgraph: FetchedSubgraph = {
      name,
      replicas: new ReplicaSet(makeReplica),
      retryBudget: new RetryBudget(this.#limits),
      inFlight: new InFlight(),
      breakerSlowMs: this.#limits.breakerSlowMs,
      tellsDeadline: this.#deadlineHeader !== undefined,
      isClosed: false,
      retries: 0,
      onFetch,
      report,
    };
    this.#subgraphs.set(name, subgraph);
    return subgraph;
  }

  #sweep(): void {
    const now = performance.now();
    for (const { replicas } of this.#subgraphs.values()) {
      for (const { link } of replicas.replicas) link.sweep(now);
    }
  }
}

/** A watcher's bug must not end the process, nor keep an answer from its caller. */
function guarded<T>(watch: (value: T) => void): (value: T) => void {
  return (value) => {
    try {
      watch(value);
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  };
}
