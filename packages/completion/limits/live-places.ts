// The sockets, streams and operations that are live in this process, counted against their limits: in all, and for each
// customer. One object for all of them: a connection holds nothing for it.
import type { Rejection } from '@simplebank/chassis';
import type { LiveLimitOptions } from './live-limits.ts';

export type Transport = 'websocket' | 'sse';

export class LivePlaces {
  readonly #limits: LiveLimitOptions;
  readonly #onRefused: (limit: keyof LiveLimitOptions) => void;
  readonly #open = { websocket: 0, sse: 0 };
  readonly #connections = new CustomerCounts();
  readonly #subscriptions = new CustomerCounts();
  #isClosed = false;

  constructor(limits: LiveLimitOptions, onRefused: (limit: keyof LiveLimitOptions) => void) {
    const bound = (most: number): number => (most === 0 ? Infinity : most);
    this.#limits = {
      connections: bound(limits.connections),
      connectionsPerCustomer: bound(limits.connectionsPerCustomer),
      subscriptions: bound(limits.subscriptions),
      subscriptionsPerCustomer: bound(limits.subscriptionsPerCustomer),
    };
    this.#onRefused = onRefused;
  }

  /** From here on no connection is taken: the process ends. */
  close(): void {
    this.#isClosed = true;
  }

  get open(): Readonly<Record<Transport, number>> {
    return this.#open;
  }

  /** Under way, most of them subscriptions. */
  get operations(): number {
    return this.#subscriptions.total;
  }

  /** Why no connection may be opened now, whoever it is for; asked right before one is. */
  refusal(): Rejection | undefined {
    if (this.#isClosed) {
      return { code: 'SERVICE_UNAVAILABLE', message: 'This process ends: connect again, to another one.' };
    }
    if (this.#open.websocket + this.#open.sse < this.#limits.connections) return undefined;
    return this.#refused('connections', {
      code: 'SERVICE_UNAVAILABLE',
      message: 'No more connections are taken here right now: connect again in a moment.',
    });
  }

  opened(transport: Transport): void {
    this.#open[transport] += 1;
  }

  closed(transport: Transport): void {
    this.#open[transport] -= 1;
  }

  /** An open connection is a customer's from here on, or the answer says why it may not be. */
  connect(customerId: string): Rejection | undefined {
    const most = this.#limits.connectionsPerCustomer;
    if (this.#connections.take(customerId, most)) return undefined;
    return this.#refused('connectionsPerCustomer', {
      code: 'TOO_MANY_CONNECTIONS',
      message: `You have ${most} connections open, which is all that may be: close one.`,
    });
  }

  disconnect(customerId: string): void {
    this.#connections.giveBack(customerId, 1);
  }

  /** An operation begins, or the answer says why it may not. */
  subscribe(customerId: string): Rejection | undefined {
    if (this.#subscriptions.total >= this.#limits.subscriptions) {
      return this.#refused('subscriptions', {
        code: 'SERVICE_UNAVAILABLE',
        message: 'No more subscriptions are taken here right now: subscribe again in a moment.',
      });
    }
    const most = this.#limits.subscriptionsPerCustomer;
    if (this.#subscriptions.take(customerId, most)) return undefined;
    return this.#refused('subscriptionsPerCustomer', {
      code: 'TOO_MANY_SUBSCRIPTIONS',
      message: `You have ${most} operations under way over all connections, which is all that may be.`,
    });
  }

  unsubscribe(customerId: string, count = 1): void {
    this.#subscriptions.giveBack(customerId, count);
  }

  #refused(limit: keyof LiveLimitOptions, rejection: Rejection): Rejection {
    this.#onRefused(limit);
    return rejection;
  }
}

/** Of whom nothing is there nothing is kept. */
class CustomerCounts {
  readonly #counts = new Map<string, number>();
  total = 0;

  take(customerId: string, most: number): boolean {
    const count = this.#counts.get(customerId) ?? 0;
    if (count >= most) return false;
    this.#counts.set(customerId, count + 1);
    this.total += 1;
    return true;
  }

  giveBack(customerId: string, count: number): void {
    const left = (this.#counts.get(customerId) ?? 0) - count;
    if (left > 0) this.#counts.set(customerId, left);
    else this.#counts.delete(customerId);
    this.total -= count;
  }
}
