// How much one address, one customer and one device may ask of a BFF: a bucket each that fills steadily, and a request takes its cost
// out. Kept in memory for each process: no request waits for another machine to be let in, and what a customer may ask of
// all replicas is the limit times their number (ADR 0019).

import { createClientAddresses, networkOf, type ClientAddresses } from '@simplebank/chassis';

/** Buckets fill up to what so many seconds bring, since people come in bursts: an application that opens asks a lot. */
const burstSeconds = 10;
/** Beyond so many the one longest unused is forgotten, which is full again by then in all but a flood from everywhere. */
const mostBuckets = 100_000;
/** A request costs one, and one more for each so many characters of document and variables: its fields, roughly. */
const charactersPerCost = 1_024;

export interface RateLimitOptions {
  /** Cost a second for all that comes from one address; 0 for no limit, as behind a proxy that is not trusted. */
  readonly perAddress: number;
  /** Cost a second for one customer, whatever the address. */
  readonly perCustomer: number;
  /** Cost a second for one session of a customer, which is one device or browser; by default no limit. */
  readonly perDevice?: number;
  /** Proxies that are believed whom they name as their client; by default none. */
  readonly trustedProxies?: string;
  /** How many of them stand one behind another; by default one. */
  readonly proxyHops?: number;
  /** Milliseconds, never going backwards. */
  readonly now?: () => number;
}

/** Who asks, as far as it is known. */
export interface Asking {
  readonly address?: string | undefined;
  readonly customerId?: string | undefined;
  /** As the token says; a name that a device gave itself could be another one in each request. */
  readonly sessionId?: string | undefined;
}

export interface RateLimits extends ClientAddresses {
  /** Undefined when it may go on; else after how many seconds it may be sent again, and nothing was taken. */
  take(cost: number, asking: Asking): number | undefined;
}

/**
 * An operation on a socket or stream costs so much more: it is parsed here too, and a subscription is read for at once
 * and kept.
 */
export const liveCost = 1;

export function costOf(text: string): number {
  return 1 + Math.floor(text.length / charactersPerCost);
}

export function rateLimited(waitSeconds: number): string {
  return `You ask for too much in too short a time: send it again in ${waitSeconds} s.`;
}

export function createRateLimits({
  perAddress,
  perCustomer,
  perDevice = 0,
  trustedProxies = '',
  proxyHops = 1,
  now,
}: RateLimitOptions): RateLimits {
  const clock = now ?? (() => performance.now());
  const addresses = new Buckets(perAddress);
  const customers = new Buckets(perCustomer);
  const devices = new Buckets(perDevice);
  return {
    ...createClientAddresses(trustedProxies, proxyHops),
    take(cost, { address, customerId, sessionId }) {
      const nowMs = clock();
      const asked = [
        // Whoever has one address of IPv6 has as many as they like.
        [addresses, address === undefined ? undefined : networkOf(address)],
        [customers, customerId],
        [devices, sessionId],
      ] as const;
      const waitMs = Math.max(...asked.map(([buckets, key]) => buckets.waitMs(key, cost, nowMs)));
      if (waitMs > 0) return Math.ceil(waitMs / 1_000);
      for (const [buckets, key] of asked) buckets.take(key, cost);
      return undefined;
    },
  };
}

interface Bucket {
  left: number;
  filledAtMs: number;
}

class Buckets {
  readonly #perMs: number;
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1_000;
    this.#most = perSecond * burstSeconds;
  }

  /** How long until so much is in it; 0 when it is. */
  waitMs(key: string | undefined, cost: number, nowMs: number): number {
    if (key === undefined || this.#most === 0) return 0;
    const { left } = this.#filled(key, nowMs);
    return Math.max(0, this.#payable(cost) - left) / this.#perMs;
  }

  take(key: string | undefined, cost: number): void {
    const bucket = key === undefined ? undefined : this.#buckets.get(key);
    if (bucket !== undefined) bucket.left -= this.#payable(cost);
  }

  /** What costs more than any bucket holds takes a full one, rather than being refused for ever. */
  #payable(cost: number): number {
    return Math.min(cost, this.#most);
  }

  #filled(key: string, nowMs: number): Bucket {
    const known = this.#buckets.get(key);
    const bucket = known ?? { left: this.#most, filledAtMs: nowMs };
    bucket.left = Math.min(this.#most, bucket.left + (nowMs - bucket.filledAtMs) * this.#perMs);
    bucket.filledAtMs = nowMs;
    // At the end again: the first one is the one longest unused.
    if (known !== undefined) this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= mostBuckets) break;
      this.#buckets.delete(oldest);
    }
    return bucket;
  }
}
