// A random run: places what the plan says, so many at once, with faults of the exchange in its middle third, and
// ends when each order's story has ended. What it saw is judged by statement.ts.
import { setTimeout } from 'node:timers/promises';
import type { CustomerSession } from './customer-session.ts';
import { noFaults, type ExchangeControl } from './exchange-control.ts';
import { watchOrders, type OrderWatch } from './order-watch.ts';
import { placeOrder, type OrderInput, type PlacedOrder } from './orders.ts';
import { planOrders, type PlannedOrder } from './random-plan.ts';

/** The longest story: an answer of the exchange that is lost and asked for again, some times over. */
const settledWithinMs = 60_000;
const quotesGoodForMs = 1_000;

export interface RandomRunOptions {
  readonly sessions: ReadonlyMap<string, CustomerSession>;
  readonly exchange: ExchangeControl;
  readonly count: number;
  readonly seed: number;
  /** Orders that are sent and not yet settled. */
  readonly inFlight: number;
  /** Distinguishes the client order ids of runs against the same bank. */
  readonly runId: string;
  readonly onProgress?: (settled: number) => void;
}

export interface RandomOrder {
  readonly username: string;
  readonly accountId: string;
  readonly clientOrderId: string;
  readonly orderId: string;
  /** The bank took it although it should be refused; only a rejection with this code is right then. */
  readonly refusedWith: string | undefined;
}

export interface RandomRun {
  readonly placed: readonly RandomOrder[];
  /** Refused at once, by code. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
  readonly seconds: number;
}

const cancelOrder = `mutation Cancel($id: ID!) { cancelOrder(input: { orderId: $id }) { order { id } } }`;

export async function runRandomOrders(options: RandomRunOptions): Promise<RandomRun> {
  const { exchange, count, inFlight } = options;
  const startedAt = performance.now();
  const run = new RandomOrders(options);
  const plan = planOrders(options.seed, count);
  const faultsBegin = Math.floor(count / 3);
  const faultsEnd = Math.floor((2 * count) / 3);
  let next = 0;
  const work = async () => {
    for (let index = next++; index < count; index = next++) {
      if (index === faultsBegin) {
        await exchange.set({ delayMs: 40, duplicateEvery: 5, dropEvery: 20, loseNext: 3 });
      }
      if (index === Math.floor(count / 2))
        await exchange.set({ dropConnection: true, loseNext: 2, halted: ['WAYNE', 'HOOLI'] });
      if (index === faultsEnd) await exchange.set(noFaults);
      const planned = plan[index];
      if (planned !== undefined) await run.carryOut(planned, index);
      options.onProgress?.(index);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  await exchange.set(noFaults);
  await run.endAll();
  return { ...run.result(), seconds: (performance.now() - startedAt) / 1000 };
}

class RandomOrders {
  readonly #options: RandomRunOptions;
  readonly #watches: ReadonlyMap<string, OrderWatch>;
  readonly #placed: RandomOrder[] = [];
  readonly #resting: RandomOrder[] = [];
  readonly #refusals = new Map<string, number>();
  readonly #problems: string[] = [];
  #quotes: { prices: Promise<Map<string, string>>; at: number } | undefined;

  constructor(options: RandomRunOptions) {
    this.#options = options;
    this.#watches = new Map([...options.sessions].map(([name, session]) => [name, watchOrders(session)]));
  }

  result() {
    return { placed: this.#placed, refusals: this.#refusals, problems: this.#problems };
  }

  async carryOut(planned: PlannedOrder, index: number): Promise<void> {
    const placed = await this.#place(planned, index);
    if (placed === undefined) return;
    this.#placed.push(placed);
    if (planned.cancelAfterMs !== undefined) {
      await setTimeout(planned.cancelAfterMs);
      await this.#cancel(placed);
    }
    const works = ['WORKING', 'PARTIALLY_FILLED'];
    const state = await this.#watch(placed).until(
      placed.orderId,
      ({ status, outcome }) => outcome !== null || (planned.mayRest && works.includes(status)),
      settledWithinMs,
    );
    if (state === undefined) this.#problems.push(`${placed.orderId}: not settled in time`);
    else if (state.outcome === null) this.#resting.push(placed);
  }

  /** Cancels what still works and waits until every story has ended. */
  async endAll(): Promise<void> {
    await Promise.all(
      this.#resting.map(async (placed) => {
        await this.#cancel(placed);
        const ended = ({ outcome }: { outcome: string | null }) => outcome !== null;
        const state = await this.#watch(placed).until(placed.orderId, ended, settledWithinMs);
        if (state === undefined) this.#problems.push(`${placed.orderId}: not completed in time`);
      }),
    );
  }

  async #place(planned: PlannedOrder, index: number): Promise<RandomOrder | undefined> {
    const { username, refusedWith } = planned;
    const order = await this.#priced(planned);
    const clientOrderId = `random-${this.#options.runId}-${index}`;
    const variables = { input: { clientOrderId, order } };
    const send = () =>
      this.#session(username).ask<{ placeOrder: { order: PlacedOrder } }>(placeOrder, variables);
    const [answer, again] = await Promise.all([send(), planned.sentTwice ? send() : undefined]);
    const orderId = answer.data?.placeOrder.order.id;
    const twinId = again?.data?.placeOrder.order.id;
    if (again !== undefined && twinId !== orderId) {
      this.#problems.push(`${clientOrderId}: sent twice at once, became ${orderId} and ${twinId}`);
    }
    if (orderId !== undefined) {
      return { username, accountId: order.accountId, clientOrderId, orderId, refusedWith };
    }
    const code = answer.errors?.[0]?.extensions?.code ?? 'no code';
    this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
    // The market moves: a good price may be out of the band by the time it arrives.
    const isExpected = refusedWith === undefined ? mayBeRefusedWith.has(code) : code === refusedWith;
    if (!isExpected) this.#problems.push(`${clientOrderId}: refused with ${code}, ${JSON.stringify(order)}`);
    return undefined;
  }

  async #priced({ username, order, limitBasisPoints }: PlannedOrder): Promise<OrderInput> {
    if (limitBasisPoints === undefined) return order;
    if (this.#quotes === undefined || performance.now() - this.#quotes.at > quotesGoodForMs) {
      this.#quotes = { prices: this.#lastPrices(username), at: performance.now() };
    }
    const last = (await this.#quotes.prices).get(order.symbol);
    if (last === undefined) throw new Error(`${order.symbol} has no quote`);
    return { ...order, limitPrice: awayFrom(last, limitBasisPoints) };
  }

  async #lastPrices(username: string): Promise<Map<string, string>> {
    interface Instruments {
      instruments: { symbol: string; quote: { last: string } | null }[];
    }
    const query = '{ instruments { symbol quote { last } } }';
    const { instruments } = await this.#session(username).data<Instruments>(query, {});
    return new Map(
      instruments.flatMap(({ symbol, quote }) => (quote === null ? [] : [[symbol, quote.last]])),
    );
  }

  async #cancel({ username, orderId }: RandomOrder): Promise<void> {
    const { errors } = await this.#session(username).ask(cancelOrder, { id: orderId });
    const code = errors?.[0]?.extensions?.code;
    if (code !== undefined && code !== 'ORDER_NOT_CANCELABLE') {
      this.#problems.push(`${orderId}: the cancel was refused with ${code}`);
    }
  }

  #session(username: string): CustomerSession {
    const session = this.#options.sessions.get(username);
    if (session === undefined) throw new Error(`${username} has no session`);
    return session;
  }

  #watch({ username }: RandomOrder): OrderWatch {
    const watch = this.#watches.get(username);
    if (watch === undefined) throw new Error(`${username} is not watched`);
    return watch;
  }
}

/** What may happen to an order that is good by itself. */
const mayBeRefusedWith = new Set(['INSUFFICIENT_SHARES', 'INSUFFICIENT_CASH', 'PRICE_OUT_OF_BAND']);

/** On the tick of one cent, which all instruments of the demo market have. */
function awayFrom(price: string, basisPoints: number): string {
  const [whole = '0', fraction = ''] = price.split('.');
  const cents = BigInt(whole + fraction.slice(0, 2).padEnd(2, '0'));
  const moved = String((cents * BigInt(10_000 + basisPoints)) / 10_000n).padStart(3, '0');
  return `${moved.slice(0, -2)}.${moved.slice(-2)}`;
}
