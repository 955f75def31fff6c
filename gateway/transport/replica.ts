// The replicas of one subgraph as they are at this moment, and the choice among them: the one with the fewest fetches
// under way, in turns when they are equal, without those that the breaker leaves out.
import { CircuitBreaker } from './circuit-breaker.ts';
import type { TransportLimits } from './limits.ts';
import type { Link } from './link.ts';

export class Replica {
  readonly url: string;
  readonly link: Link;
  readonly breaker: CircuitBreaker;
  outstanding = 0;

  constructor(url: string, link: Link, limits: TransportLimits) {
    this.url = url;
    this.link = link;
    this.breaker = new CircuitBreaker(limits);
  }
}

export class ReplicaSet {
  replicas: Replica[] = [];
  readonly #makeReplica: (url: string) => Replica;
  /** Gone, but with fetches under way when they went. */
  #leaving: Replica[] = [];
  #turn = 0;

  constructor(makeReplica: (url: string) => Replica) {
    this.#makeReplica = makeReplica;
  }

  /** Called with each fetch, so that replicas come and go without a restart; nearly always nothing has changed. */
  follow(urls: readonly string[]): void {
    const { replicas } = this;
    let isSame = urls.length === replicas.length;
    for (let index = 0; isSame && index < urls.length; index++) isSame = urls[index] === replicas[index]?.url;
    if (isSame) return;
    const known = new Map(replicas.map((replica) => [replica.url, replica]));
    const wanted = [...new Set(urls)];
    this.replicas = wanted.map((url) => known.get(url) ?? this.#makeReplica(url));
    const gone = replicas.filter(({ url }) => !wanted.includes(url));
    for (const { link } of gone) link.retire();
    this.#leaving = [...this.#leaving, ...gone].filter(({ outstanding }) => outstanding > 0);
  }

  close(): void {
    for (const { link } of [...this.replicas, ...this.#leaving]) link.close();
  }

  /** Without those in `tried`; undefined when none is left or the breaker leaves them all out. */
  choose(now: number, tried: readonly Replica[]): Replica | undefined {
    const { replicas } = this;
    this.#turn = (this.#turn + 1) % Math.max(1, replicas.length);
    let chosen: Replica | undefined;
    for (let offset = 0; offset < replicas.length; offset++) {
      const replica = replicas[(this.#turn + offset) % replicas.length];
      if (replica === undefined || tried.includes(replica) || !replica.breaker.admits(now)) continue;
      if (chosen === undefined || replica.outstanding < chosen.outstanding) chosen = replica;
    }
    return chosen;
  }
}
