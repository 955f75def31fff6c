// How many queries may be repeated: a share of what is asked at all, so that a subgraph in trouble is not buried under
// the repetitions of those who wait for it.

export class RetryBudget {
  readonly #ratio: number;
  readonly #burst: number;
  #tokens: number;

  constructor(limits: { readonly retryRatio: number; readonly retryBurst: number }) {
    this.#ratio = limits.retryRatio;
    this.#burst = limits.retryBurst;
    this.#tokens = limits.retryBurst;
  }

  get left(): number {
    return Math.floor(this.#tokens);
  }

  onFetch(): void {
    if (this.#tokens < this.#burst) this.#tokens = Math.min(this.#burst, this.#tokens + this.#ratio);
  }

  /** Whether one more retry is within it; if so it is spent. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
