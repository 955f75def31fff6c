// One run of open-loop load: each order is sent when it is due, whatever became of those before it, and followed
// until its terminal event. Bounded in orders, in time and in what it holds open.
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { signIn } from '@simplebank/testkit';
import { liveOrders, type LiveOrders } from './live-orders.ts';
import type { LoadOrder, LoadResult, LoadTarget } from './load-messages.ts';
import { orderTally, type OrderTally, type TalliedOrder } from './order-tally.ts';
import { planOrders, usernames, type PlannedOrder } from './planned-orders.ts';

/** A bench asks for minutes at a few hundred a second; more is a mistake in its arguments. */
const mostOrders = 50_000;
/** Kept-alive connections to each BFF; requests beyond them wait here, and their wait counts. */
const connectionsPerBff = 64;
const requestTimeoutMs = 15_000;
/** After the last arrival, for what is on its way; then it counts as not completed. */
const drainMs = 30_000;
/** An order that takes longer from the run's end was part of a backlog. */
const inTimeMs = 2_000;
const pollMs = 10;

const placeMutation = /* GraphQL */ `
  mutation Place($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      order {
        id
        status
      }
    }
  }
`;

interface PlaceAnswer {
  readonly data?: { readonly placeOrder: { readonly order: { readonly id: string } } } | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

interface Customer {
  readonly token: string;
  readonly live: LiveOrders;
}

export async function runLoad(target: LoadTarget, { rate, seconds, seed }: LoadOrder): Promise<LoadResult> {
  const orders = planOrders({ rate, seconds }, seed);
  if (orders.length > mostOrders) throw new Error(`${orders.length} orders are more than ${mostOrders}`);
  await using opened = new AsyncDisposableStack();
  const pools = target.bffWebUrls.map(
    (url) => new Pool(url, { connections: connectionsPerBff, pipelining: 1, bodyTimeout: requestTimeoutMs }),
  );
  for (const pool of pools) opened.defer(() => pool.destroy());
  const customers = new Map<string, Customer>();
  for (const username of usernames) {
    const token = await signIn({ identityUrl: target.identityUrl, username });
    const live = liveOrders(target.bffWebUrls, token);
    opened.defer(() => live.close());
    customers.set(username, { token, live });
  }

  const startAt = performance.now();
  const tally = orderTally(orders.length, startAt + seconds * 1_000 + inTimeMs);
  const inFlight = new Set<TalliedOrder>();
  let next = 0;
  const sendDue = () => {
    for (let order = orders[next]; order !== undefined; order = orders[++next]) {
      const dueAt = startAt + order.atMs;
      if (dueAt > performance.now()) return dueAt;
      const customer = customers.get(order.username);
      const pool = pools[next % pools.length];
      if (customer === undefined || pool === undefined) throw new Error(`${order.username} is not signed in`);
      sendOrder({
        order,
        customer,
        pool,
        tally,
        inFlight,
        dueAt,
        clientOrderId: `bench-${crypto.randomUUID()}`,
      });
    }
    return undefined;
  };
  for (let dueAt = sendDue(); dueAt !== undefined; dueAt = sendDue())
    await sleep(Math.max(0, dueAt - performance.now()));

  const givesUpAt = startAt + seconds * 1_000 + drainMs;
  while (tally.inFlight() > 0 && performance.now() < givesUpAt) await sleep(pollMs);
  for (const order of inFlight) order.ended('NOT_COMPLETED');
  return tally.result();
}

interface Sending {
  readonly order: PlannedOrder;
  readonly customer: Customer;
  readonly pool: Pool;
  readonly tally: OrderTally;
  readonly inFlight: Set<TalliedOrder>;
  readonly dueAt: number;
  readonly clientOrderId: string;
}

/** Returns at once; the answer and the events come to the tally. */
function sendOrder({ order, customer, pool, tally, inFlight, dueAt, clientOrderId }: Sending): void {
  const tallied = tally.sent({ dueAt, sentAt: performance.now() });
  inFlight.add(tallied);
  const end = (code?: string) => {
    tallied.ended(code);
    inFlight.delete(tallied);
  };
  place(pool, customer.token, { clientOrderId, order: order.order }).then(
    ({ id, code }) => {
      if (id === undefined) return end(code ?? 'NO_ANSWER');
      tallied.answered(performance.now());
      tallied.subscribed(Date.now());
      customer.live.follow(id, {
        onUpdate: (update) => tallied.updated(update, performance.now(), Date.now()),
        onEnd: end,
      });
    },
    (error: unknown) => end(error instanceof Error && 'code' in error ? String(error.code) : 'CLIENT_FAULT'),
  );
}

async function place(pool: Pool, token: string, input: object): Promise<{ id?: string; code?: string }> {
  const response = await pool.request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: placeMutation, variables: { input } }),
    headersTimeout: requestTimeoutMs,
  });
  const answer = (await response.body.json()) as PlaceAnswer;
  if (answer.data != null) return { id: answer.data.placeOrder.order.id };
  return { code: answer.errors?.[0]?.extensions?.code ?? `HTTP_${response.statusCode}` };
}
