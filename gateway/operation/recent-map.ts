// A map that keeps what was used last: bounded by the number of entries and by the size that they say they have.
export interface RecentMapLimits {
  readonly mostEntries: number;
  /** The sum of the sizes given to `set`; by default without a bound. */
  readonly mostSize?: number;
}

export class RecentMap<Value> {
  readonly #entries = new Map<string, { value: Value; size: number }>();
  readonly #limits: RecentMapLimits;
  readonly #dropped: ((value: Value) => void) | undefined;
  #size = 0;

  constructor(limits: RecentMapLimits, dropped?: (value: Value) => void) {
    this.#limits = limits;
    this.#dropped = dropped;
  }

  get count(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Without counting as a use. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: string, value: Value, size = 1): void {
    this.delete(key);
    this.#entries.set(key, { value, size });
    this.#size += size;
    const { mostEntries, mostSize = Infinity } = this.#limits;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= mostEntries && this.#size <= mostSize) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#size -= entry.size;
    this.#dropped?.(entry.value);
  }

  /** Oldest use first. */
  *entries(): Generator<readonly [string, Value]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }
}
