// The queries to one subgraph that are under way, found by headers and body. Nearly always nothing equal is there, and
// finding that out must be nearly free: a fixed table by a fingerprint of a few characters, and only where fingerprints
// are equal whole texts are compared. A Map with texts of headers and body as keys took up to 3 µs a fetch more.
import type { HeaderLines } from './header-lines.ts';

/** What is under way. The link of the list stands in it. */
export interface Shareable {
  readonly body: string;
  readonly lines: HeaderLines;
  readonly fingerprint: number;
  nextInFlight: Shareable | undefined;
}

/** A power of two, about as many as one subgraph has under way when it is busy. */
const buckets = 256;
/** Entries that are looked at. Past it equal ones may be asked for twice, which is never wrong. */
const maxLookedAt = 64;

export class InFlight<T extends Shareable> {
  readonly #buckets: (T | undefined)[] = Array.from({ length: buckets }, () => undefined);
  size = 0;

  find(fingerprint: number, lines: HeaderLines, body: string): T | undefined {
    let candidate: Shareable | undefined = this.#buckets[fingerprint % buckets];
    for (let looked = 0; candidate !== undefined && looked < maxLookedAt; looked++) {
      if (
        candidate.fingerprint === fingerprint &&
        candidate.body === body &&
        candidate.lines.equalityText === lines.equalityText
      )
        return candidate as T;
      candidate = candidate.nextInFlight;
    }
    return undefined;
  }

  add(fetch: T): void {
    const bucket = fetch.fingerprint % buckets;
    fetch.nextInFlight = this.#buckets[bucket];
    this.#buckets[bucket] = fetch;
    this.size += 1;
  }

  /** Nothing happens when it is not there. */
  remove(fetch: T): void {
    const bucket = fetch.fingerprint % buckets;
    const first = this.#buckets[bucket];
    if (first === fetch) this.#buckets[bucket] = fetch.nextInFlight as T | undefined;
    else {
      let before: Shareable | undefined = first;
      while (before !== undefined && before.nextInFlight !== fetch) before = before.nextInFlight;
      if (before === undefined) return;
      before.nextInFlight = fetch.nextInFlight;
    }
    fetch.nextInFlight = undefined;
    this.size -= 1;
  }
}
