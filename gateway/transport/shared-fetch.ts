// One request to a subgraph, for one caller or for several that ask the same: its attempts, its retries, and the answer
// to each. It lives as long as anyone waits. Mutations go out once; what was never sent may go elsewhere.
import type { SubgraphAnswer, SubgraphRequest } from '../subgraph-fetch.ts';
import type { Verdict } from './circuit-breaker.ts';
import { faultAnswer, type FaultReport } from './fetch-fault.ts';
import type { FetchEvent } from './fetch-event.ts';
import type { HeaderLines } from './header-lines.ts';
import type { InFlight, Shareable } from './in-flight.ts';
import { interpretAnswer } from './interpret-answer.ts';
import { sharedDeadlineSlackMs } from './limits.ts';
import type { Carrier, Exchange, LinkFault } from './link.ts';
import type { Replica, ReplicaSet } from './replica.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { Awaited, Waiter } from './waiter.ts';

/** The subgraph that it is sent to, with what all fetches to it share. */
export interface FetchedSubgraph {
  readonly name: string;
  readonly replicas: ReplicaSet;
  readonly retryBudget: RetryBudget;
  readonly inFlight: InFlight<SharedFetch>;
  readonly breakerSlowMs: number;
  readonly tellsDeadline: boolean;
  isClosed: boolean;
  retries: number;
  readonly onFetch: ((event: FetchEvent) => void) | undefined;
  readonly report: ((report: FaultReport) => void) | undefined;
}

const none: readonly Replica[] = [];

/** Of a fetch that nobody may share. */
export const unshared = -1;

export class SharedFetch implements Exchange, Awaited, Shareable {
  readonly body: string;
  readonly lines: HeaderLines;
  readonly isMutation: boolean;
  /** Or `unshared`. */
  readonly fingerprint: number;
  nextInFlight: Shareable | undefined;
  deadlineAt: number;
  wantsFreshConnection = false;
  carrier: Carrier | undefined;

  readonly #subgraph: FetchedSubgraph;
  readonly #firstDeadlineAt: number;
  readonly #waiters: Waiter[];
  readonly #asker: Waiter;
  /** While it is asked. */
  #replica: Replica | undefined;
  #url: string | undefined;
  #tried = none;
  #isProbe = false;
  #attemptStartedAt: number;
  #retries = 0;
  #hasRepeated = false;
  #status: number | undefined;
  #bytes = 0;

  constructor(
    subgraph: FetchedSubgraph,
    request: SubgraphRequest,
    lines: HeaderLines,
    fingerprint: number,
    waiter: Waiter,
  ) {
    this.#subgraph = subgraph;
    this.body = request.body;
    this.isMutation = request.operationKind === 'mutation';
    this.lines = lines;
    this.fingerprint = fingerprint;
    this.#asker = waiter;
    this.#waiters = [waiter];
    this.deadlineAt = waiter.deadlineAt;
    this.#firstDeadlineAt = waiter.deadlineAt;
    this.#attemptStartedAt = waiter.startedAt;
  }

  start(): void {
    if (this.fingerprint !== unshared) this.#subgraph.inFlight.add(this);
    this.#waiters[0]?.wait(this);
    this.#subgraph.retryBudget.onFetch();
    const { replicas } = this.#subgraph.replicas;
    const replica = this.#subgraph.replicas.choose(this.#attemptStartedAt, none);
    if (replica !== undefined) this.#ask(replica, this.#attemptStartedAt);
    else this.#fail(replicas.length === 0 ? 'no replica is known' : 'the circuit breaker is open');
  }

  /**
   * Whether it joined. The subgraph was told a deadline; who has much more time asks for himself. So does who comes when
   * the replica that is asked is one of the subgraph's no more.
   */
  join(waiter: Waiter): boolean {
    const { tellsDeadline, replicas } = this.#subgraph;
    if (tellsDeadline && waiter.deadlineAt > this.#firstDeadlineAt + sharedDeadlineSlackMs) return false;
    if (this.#replica === undefined || !replicas.replicas.includes(this.#replica)) return false;
    this.deadlineAt = Math.max(this.deadlineAt, waiter.deadlineAt);
    this.#waiters.push(waiter);
    waiter.wait(this);
    return true;
  }

  onAnswer(status: number, text: string, bytes: number): void {
    this.#status = status;
    this.#bytes = bytes;
    const answer = interpretAnswer(status, text);
    if ('notAnswered' in answer) {
      this.#leaveReplica('failure');
      this.#fail(answer.notAnswered);
      return;
    }
    this.#leaveReplica('success');
    this.#forget();
    this.#settle('answered', (index) => (index === 0 ? answer : answerAgain(status, text)));
  }

  onFault(fault: LinkFault): void {
    const replica = this.#replica;
    const isNeutral = fault.wasStale || fault.kind === 'closed' || fault.kind === 'queue-full';
    this.#leaveReplica(isNeutral ? 'neutral' : 'failure');
    const now = performance.now();
    const next = replica === undefined ? undefined : this.#nextAfter(fault, replica, now);
    if (next === undefined) {
      this.#fail(`${fault.kind}: ${fault.detail}`);
      return;
    }
    this.#retries += 1;
    this.#subgraph.retries += 1;
    this.#ask(next, now);
  }

  onGivenUp(waiter: Waiter, why: 'deadline' | 'abandoned'): void {
    const index = this.#waiters.indexOf(waiter);
    if (index === -1) return;
    if (this.#waiters.length === 1) this.#abort(why);
    this.#waiters.splice(index, 1);
    if (why === 'deadline') this.#report('no answer by the deadline');
    this.#end(waiter, why, faultAnswer('DEADLINE_EXCEEDED'));
  }

  #ask(replica: Replica, now: number): void {
    this.#replica = replica;
    this.#url = replica.url;
    this.#attemptStartedAt = now;
    this.#isProbe = replica.breaker.enter();
    replica.outstanding += 1;
    replica.link.send(this);
  }

  #leaveReplica(verdict: Verdict): void {
    const replica = this.#replica;
    if (replica === undefined) return;
    this.#replica = undefined;
    replica.outstanding -= 1;
    replica.breaker.leave(verdict, this.#isProbe);
  }

  /** Who is asked next, if anybody may be. */
  #nextAfter(fault: LinkFault, failed: Replica, now: number): Replica | undefined {
    const { replicas, retryBudget, isClosed } = this.#subgraph;
    if (isClosed) return undefined;
    const tried = [...this.#tried, failed];
    if (!fault.wasSent) {
      this.#tried = tried;
      return replicas.choose(now, tried);
    }
    if (this.isMutation || fault.kind !== 'lost') return undefined;
    if (fault.wasStale && !this.wantsFreshConnection) {
      this.wantsFreshConnection = true;
      return replicas.choose(now, this.#tried);
    }
    if (this.#hasRepeated || !retryBudget.spend()) return undefined;
    this.#hasRepeated = true;
    return replicas.choose(now, tried) ?? replicas.choose(now, this.#tried);
  }

  #fail(reason: string): void {
    this.#forget();
    this.#report(reason);
    this.#settle('unavailable', () => faultAnswer('SERVICE_UNAVAILABLE'));
  }

  /** Nobody waits any more. Running out of time is the replica's failure when it had enough. */
  #abort(why: 'deadline' | 'abandoned'): void {
    this.#forget();
    this.carrier?.abandon(this);
    const hadMs = performance.now() - this.#attemptStartedAt;
    this.#leaveReplica(why === 'deadline' && hadMs >= this.#subgraph.breakerSlowMs ? 'failure' : 'neutral');
  }

  #forget(): void {
    if (this.fingerprint !== unshared) this.#subgraph.inFlight.remove(this);
  }

  #settle(outcome: FetchEvent['outcome'], answerOf: (index: number) => SubgraphAnswer): void {
    const waiters = this.#waiters.splice(0);
    for (const [index, waiter] of waiters.entries()) this.#end(waiter, outcome, answerOf(index));
  }

  #end(waiter: Waiter, outcome: FetchEvent['outcome'], answer: SubgraphAnswer): void {
    waiter.settle(answer);
    const { onFetch } = this.#subgraph;
    if (onFetch === undefined && waiter.onFetch === undefined) return;
    const event: FetchEvent = {
      subgraph: this.#subgraph.name,
      url: this.#url,
      status: this.#status,
      durationMs: performance.now() - waiter.startedAt,
      outcome,
      bytes: this.#bytes,
      retries: this.#retries,
      isDeduplicated: waiter !== this.#asker,
    };
    onFetch?.(event);
    waiter.onFetch?.(event);
  }

  #report(reason: string): void {
    this.#subgraph.report?.({ subgraph: this.#subgraph.name, url: this.#url, reason });
  }
}

/** It was an answer already. */
function answerAgain(status: number, text: string): SubgraphAnswer {
  const answer = interpretAnswer(status, text);
  return 'notAnswered' in answer ? faultAnswer('SERVICE_UNAVAILABLE') : answer;
}
