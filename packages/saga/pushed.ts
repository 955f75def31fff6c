// The sagas that somebody has nudged and that wait for a free place, each once, in order. Those that `begin`
// has just made in this process come with a lease, so that they need no claim.

/** About ten seconds of work; what is pushed beyond it is found by polling. */
const MAX_PUSHED = 1_000;

export interface Begun {
  readonly id: string;
  /** On the clock of `performance.now()`. */
  readonly leaseEnds: number;
}

export class Pushed {
  readonly #ids = new Set<string>();
  readonly #begunIds = new Set<string>();
  /** In the order of their ends. Also those whose transaction has not committed yet, or never will. */
  readonly #leases = new Map<string, number>();

  begun(ids: readonly string[], leaseEnds: number): void {
    for (const id of ids) this.#leases.set(id, leaseEnds);
  }

  push(id: string): void {
    if (this.#ids.size + this.#begunIds.size >= MAX_PUSHED) return;
    (this.#leases.has(id) ? this.#begunIds : this.#ids).add(id);
  }

  /** The next one with a lease; those whose lease has run out meanwhile have to be claimed. */
  takeBegun(now: number): Begun | undefined {
    for (const id of this.#begunIds) {
      const leaseEnds = this.#leases.get(id);
      this.#begunIds.delete(id);
      this.#leases.delete(id);
      if (leaseEnds !== undefined && leaseEnds > now) return { id, leaseEnds };
      this.#ids.add(id);
    }
    return undefined;
  }

  take(limit: number): string[] {
    const ids = this.#ids.values().take(limit).toArray();
    for (const id of ids) this.#ids.delete(id);
    return ids;
  }

  forgetBegun(now: number): void {
    for (const [id, leaseEnds] of this.#leases) {
      if (leaseEnds > now) return;
      if (!this.#begunIds.has(id)) this.#leases.delete(id);
    }
  }
}
