// Orders that arrive at a constant rate whatever happens to the bank, each with a subscriber that waits for its end:
// the load under which parts are killed or replaced.
import { setTimeout as sleep } from 'node:timers/promises';
import { bankClient, signIn, type BankClient } from '@simplebank/testkit';
import { customerSession, type CustomerSession } from './customer-session.ts';
import { tryToPlace, type OrderInput } from './orders.ts';
import { accounts, symbols } from './random-plan.ts';
import { resumingSubscriber, type ResumingSubscriber, type Story } from './resuming-subscriber.fixture.ts';

/** Between two tries of an order that was not answered; it is the same order by its clientOrderId. */
const retryPauseMs = 200;
/** An order is given up by the test after this; no outage takes so long. */
const acknowledgedWithinMs = 60_000;

/** A sign-in costs a slow hash; of so many readers one signs in. */
const signInEvery = 5;

export interface LoadOptions {
  readonly addresses: { readonly identity: string; readonly bff: string };
  /** Where every second customer is served instead. */
  readonly otherBff?: string;
  readonly perSecond: number;
  /** Of orders whose end is not seen; while there are as many, none arrives, so that the bank sets the rate. */
  readonly inFlightAtMost?: number;
  /** Begins every client order id, so that the run's orders are found in the books. */
  readonly run: string;
  /**
   * Asks for each order once through all subgraphs as well: mostly with the session, and now and then as somebody who
   * signs in anew at this other BFF.
   */
  readonly readsAlsoAt?: string;
}

export interface LoadedOrder {
  readonly username: string;
  readonly clientOrderId: string;
  /** Once it is acknowledged. */
  orderId?: string;
  /** Requests of the order that had no answer, or a fault: the code of either, or what was answered. */
  readonly failures: string[];
  /** Once its subscriber has seen the end. */
  story?: Story;
}

export interface SteadyLoad extends AsyncDisposable {
  readonly orders: readonly LoadedOrder[];
  readonly sessions: ReadonlyMap<string, CustomerSession>;
  /** Ends the arrivals, and waits until each order is acknowledged and its subscriber has seen its end. */
  finish(withinMs: number): Promise<void>;
}

interface Customer {
  readonly session: CustomerSession;
  readonly subscriber: ResumingSubscriber;
}

const wholeOrder = `query Whole($id: ID!) {
  order(id: $id) {
    status account { number } instrument { name } executions { price } fees { total { amount } } ledgerEntries { kind }
  }
}`;

/** Rich in cash and shares, so that every order is good. */
const rich = accounts.filter(({ username }) => username !== 'ada');

export function startLoad(options: LoadOptions): SteadyLoad {
  const { addresses, otherBff, perSecond, run, readsAlsoAt, inFlightAtMost = Infinity } = options;
  const orders: LoadedOrder[] = [];
  let inFlight = 0;
  const ends: Promise<void>[] = [];
  const ending = new AbortController();
  const customers = new Map(
    [...new Set(rich.map(({ username }) => username))].map((username, index) => {
      const bff = otherBff !== undefined && index % 2 === 1 ? otherBff : addresses.bff;
      return [username, customerOf(username, { ...addresses, bff })] as const;
    }),
  );

  async function carry(order: LoadedOrder, input: OrderInput): Promise<void> {
    const { session, subscriber } = present(customers.get(order.username));
    const orderId = await acknowledged(session, order, input);
    const reading = readsAlsoAt === undefined ? undefined : read(() => reader(session, readsAlsoAt), order);
    order.story = await subscriber.follow(orderId, ending.signal);
    await reading;
  }

  let readers = 0;
  async function reader(session: CustomerSession, otherBff: string): Promise<BankClient> {
    if ((readers += 1) % signInEvery !== 0) return session.client();
    const token = await signIn({ identityUrl: addresses.identity, username: session.username });
    return bankClient({ bffUrl: otherBff, token });
  }

  function arrive(): void {
    const index = orders.length;
    const { username, accountId } = pick(rich, index);
    const side = Math.floor(index / rich.length) % 2 === 0 ? 'SELL' : 'BUY';
    const order: LoadedOrder = { username, clientOrderId: `${run}${index}`, failures: [] };
    orders.push(order);
    inFlight += 1;
    const end = carry(order, { accountId, symbol: pick(symbols, index), side, quantity: '2' }).finally(() => {
      inFlight -= 1;
    });
    // It is awaited at the end; until then its failure is no unhandled one.
    end.catch(() => undefined);
    ends.push(end);
  }

  const startedAt = performance.now();
  const timer = setInterval(() => {
    // By the clock and not by the tick, so that a late tick does not lower the rate.
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
    while (orders.length < due && inFlight < inFlightAtMost) arrive();
  }, 1000 / perSecond);

  return {
    orders,
    sessions: new Map([...customers].map(([username, { session }]) => [username, session])),
    async finish(withinMs) {
      clearInterval(timer);
      const timeout = setTimeout(() => ending.abort(), withinMs);
      const results = await Promise.allSettled(ends);
      clearTimeout(timeout);
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      if (failures.length === 0) return;
      const text = `${failures.length} of ${ends.length} orders: ${String(failures[0])}`;
      throw new AggregateError(failures, text);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      ending.abort();
      await Promise.allSettled(ends);
      for (const { subscriber } of customers.values()) await subscriber[Symbol.asyncDispose]();
    },
  };
}

function customerOf(username: string, addresses: LoadOptions['addresses']): Customer {
  const session = customerSession({ username, addresses: () => addresses, retriesInternalErrors: true });
  const connection = async () => ({ bffUrl: addresses.bff, token: (await session.client()).token });
  return { session, subscriber: resumingSubscriber(connection) };
}

/** Sent again until it is answered with the order; what comes instead is told. */
async function acknowledged(
  session: CustomerSession,
  order: LoadedOrder,
  input: OrderInput,
): Promise<string> {
  const givesUpAt = performance.now() + acknowledgedWithinMs;
  for (;;) {
    const answer = await session
      .client()
      .then((client) => tryToPlace(client, input, order.clientOrderId))
      .catch((error: unknown) => causeOf(error));
    if (typeof answer !== 'string' && answer.data != null) {
      order.orderId = answer.data.placeOrder.order.id;
      return order.orderId;
    }
    order.failures.push(typeof answer === 'string' ? answer : JSON.stringify(answer));
    if (performance.now() > givesUpAt) throw new Error(`${order.clientOrderId}: ${order.failures.at(-1)}`);
    await sleep(retryPauseMs);
  }
}

/** Its failure is told, and it is asked again only when its connection was refused. */
async function read(
  client: () => Promise<BankClient>,
  { orderId = '', failures }: LoadedOrder,
): Promise<void> {
  for (let tries = 1; tries <= 2; tries += 1) {
    try {
      const answer = await (await client()).ask(wholeOrder, { id: orderId });
      if (answer.data == null || answer.errors !== undefined) failures.push(JSON.stringify(answer));
      return;
    } catch (error) {
      failures.push(causeOf(error));
      if (failures.at(-1) !== 'ECONNREFUSED') return;
    }
  }
}

/** As a connection's fault is known: ECONNREFUSED, ECONNRESET; fetch hides it in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  return code ?? `${error.name}: ${error.message}`;
}

function present<T>(value: T | undefined): T {
  if (value === undefined)
    throw new Error('every customer has a session, and there is something to pick from');
  return value;
}

function pick<T>(from: readonly T[], index: number): T {
  return present(from[index % from.length]);
}
