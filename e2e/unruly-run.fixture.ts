// Carries a plan out on one bank and waits until every story has ended. Holds each order to the end that was planned,
// since a plan that depends on timing would prove nothing.
import assert from 'node:assert/strict';
import { customerSession, type CustomerSession } from './customer-session.ts';
import { exchangeControl } from './exchange-control.ts';
import { watchOrders, type OrderWatch, type WatchedState } from './order-watch.ts';
import { orderSubscription, placeOrder, type OrderInput, type OrderPayload } from './orders.ts';
import {
  haltedSymbol,
  planUsernames,
  type PlannedRound,
  type PlannedStep,
  type UnrulyPlan,
} from './unruly-plan.fixture.ts';
import type { WiredBank } from './wired-bank.fixture.ts';

const stepsAtOnce = 32;
/** Far more than a story with many gaps takes on a busy machine. */
const endedWithinMs = 30_000;
/** Each so many orders have a subscriber that follows them live. */
const followEvery = 4;

export interface PlanRun {
  /** The code that each refused order was refused with. */
  readonly refusals: Readonly<Record<string, string>>;
  /** What live subscribers saw: sequence and type of each event, by order. */
  readonly followed: Readonly<Record<string, readonly string[]>>;
}

interface Customer {
  readonly session: CustomerSession;
  readonly watch: OrderWatch;
}

const cancelOrder = `mutation Cancel($id: ID!) { cancelOrder(input: { orderId: $id }) { order { id } } }`;

export async function carryOutPlan(bank: WiredBank, plan: UnrulyPlan): Promise<PlanRun> {
  const { addresses, exchange } = bank;
  await exchangeControl(`http://127.0.0.1:${exchange.controlPort}`).set({ halted: [haltedSymbol] });
  const customers = new Map(
    planUsernames.map((username, index) => {
      const bff = addresses[index % 2 === 0 ? 'bff-web' : 'bff-mobile'];
      const session = customerSession({ username, addresses: () => ({ identity: addresses.identity, bff }) });
      return [username, { session, watch: watchOrders(session) }];
    }),
  );
  const run = new Run(customers, await lastPrices(customers));
  let next = 0;
  const work = async () => {
    for (let step = plan.steps[next++]; step !== undefined; step = plan.steps[next++]) await run.step(step);
  };
  const rounds = plan.rounds.map(async (sequence) => {
    for (const round of sequence) await run.round(round);
  });
  await Promise.all([...rounds, ...Array.from({ length: stepsAtOnce }, work)]);
  return run.result();
}

class Run {
  readonly #customers: ReadonlyMap<string, Customer>;
  readonly #prices: ReadonlyMap<string, string>;
  readonly #refusals: Record<string, string> = {};
  readonly #followed = new Map<string, Promise<readonly string[]>>();
  #placed = 0;

  constructor(customers: ReadonlyMap<string, Customer>, prices: ReadonlyMap<string, string>) {
    this.#customers = customers;
    this.#prices = prices;
  }

  async result(): Promise<PlanRun> {
    const followed: Record<string, readonly string[]> = {};
    for (const [name, story] of this.#followed) followed[name] = await story;
    for (const { session } of this.#customers.values()) await (await session.client()).close();
    return { refusals: this.#refusals, followed };
  }

  async step(step: PlannedStep): Promise<void> {
    const orderId = await this.#place(step);
    if (orderId === undefined) return;
    if (step.rests === true) {
      await this.#until(step, orderId, ({ status }) => status === 'WORKING');
      await this.#cancel(step, orderId);
    }
    await this.#ended(step, orderId);
  }

  /** The seller works before the first buyer comes, and each buyer is done before the next. */
  async round({ maker, takers }: PlannedRound): Promise<void> {
    const makerId = await this.#place(maker);
    assert.ok(makerId !== undefined);
    await this.#until(maker, makerId, ({ status }) => status === 'WORKING');
    for (const taker of takers) await this.step(taker);
    if (maker.ends === 'PARTIALLY_FILLED') await this.#cancel(maker, makerId);
    await this.#ended(maker, makerId);
  }

  async #place(step: PlannedStep): Promise<string | undefined> {
    const { clientOrderId, username, ends } = step;
    const { session } = this.#customer(username);
    const variables = { input: { clientOrderId, order: this.#priced(step) } };
    const { data, errors } = await session.ask<{ placeOrder: { order: { id: string } } }>(
      placeOrder,
      variables,
    );
    const orderId = data?.placeOrder.order.id;
    assert.equal(orderId === undefined, ends === 'REFUSED', `${clientOrderId} ${JSON.stringify(errors)}`);
    if (orderId === undefined) this.#refusals[clientOrderId] = errors?.[0]?.extensions?.code ?? 'no code';
    else if (this.#placed++ % followEvery === 0) this.#follow(clientOrderId, follow(session, orderId));
    return orderId;
  }

  #follow(clientOrderId: string, story: Promise<readonly string[]>): void {
    // What it says is read at the end; until then a failure is nobody's.
    story.catch(() => undefined);
    this.#followed.set(clientOrderId, story);
  }

  async #cancel({ username, clientOrderId }: PlannedStep, orderId: string): Promise<void> {
    const { errors } = await this.#customer(username).session.ask(cancelOrder, { id: orderId });
    assert.equal(errors, undefined, `the cancel of ${clientOrderId}`);
  }

  async #ended(step: PlannedStep, orderId: string): Promise<void> {
    const { outcome } = await this.#until(step, orderId, (state) => state.outcome !== null);
    assert.equal(outcome, step.ends, step.clientOrderId);
  }

  async #until(
    { username, clientOrderId }: PlannedStep,
    orderId: string,
    isWanted: (state: WatchedState) => boolean,
  ): Promise<WatchedState> {
    const state = await this.#customer(username).watch.until(orderId, isWanted, endedWithinMs);
    assert.ok(state, `${clientOrderId} (${orderId}) did not get on within ${endedWithinMs} ms`);
    return state;
  }

  #priced({ order, limitBasisPoints }: PlannedStep): OrderInput {
    if (limitBasisPoints === undefined) return order;
    const last = this.#prices.get(order.symbol);
    assert.ok(last !== undefined, `${order.symbol} is quoted`);
    return { ...order, limitPrice: awayFrom(last, limitBasisPoints) };
  }

  #customer(username: string): Customer {
    const customer = this.#customers.get(username);
    assert.ok(customer, username);
    return customer;
  }
}

async function lastPrices(customers: ReadonlyMap<string, Customer>): Promise<Map<string, string>> {
  interface Instruments {
    instruments: { symbol: string; quote: { last: string } | null }[];
  }
  const session = customers.get('ada')?.session;
  assert.ok(session);
  const { instruments } = await session.data<Instruments>('{ instruments { symbol quote { last } } }', {});
  return new Map(instruments.flatMap(({ symbol, quote }) => (quote === null ? [] : [[symbol, quote.last]])));
}

/** From the first event to the one after which the subscription ends. */
async function follow(session: CustomerSession, orderId: string): Promise<readonly string[]> {
  const seen: string[] = [];
  const client = await session.client();
  for await (const { data } of client.follow<OrderPayload>(orderSubscription, { id: orderId, after: '0' })) {
    if (data != null) seen.push(`${data.orderUpdated.event.sequence} ${data.orderUpdated.event.type}`);
  }
  return seen;
}

/** On the tick of one cent. */
function awayFrom(price: string, basisPoints: number): string {
  const [whole = '0', fraction = ''] = price.split('.');
  const cents = BigInt(whole + fraction.slice(0, 2).padEnd(2, '0'));
  const moved = String((cents * BigInt(10_000 + basisPoints)) / 10_000n).padStart(3, '0');
  return `${moved.slice(0, -2)}.${moved.slice(-2)}`;
}
