// kill -9 of the bank, of Postgres and of the exchange with hundreds of marketable orders under way, each at up to three
// moments: every order is completed within 10 s of the restart, everything is posted once, and no order ever stands
// at the exchange without its reservation.
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { assertAllAddsUp } from './adds-up.fixture.ts';
import { completedPerSecond } from './capacity.fixture.ts';
import { customerSession, type CustomerSession } from './customer-session.ts';
import { exchangeControl, type ExchangeControl } from './exchange-control.ts';
import { isWorking, watchInterlock } from './interlock.ts';
import { killableBank, type KillableBank, type Part } from './killable-bank.fixture.ts';
import { statesOf, type WatchedState } from './order-watch.ts';
import { tryToPlace, type OrderInput } from './orders.ts';
import { accounts, symbols } from './random-plan.ts';
import { wiring } from './wired-bank.fixture.ts';

/** So many that 200 are in flight at the first moment, when 60 are answered and some of these may be done. */
const orderCount = 280;
/**
 * Every order is completed so soon after the restart, also one whose answer the kill took and that is sent again: on a
 * machine that completes the orders in a third of it. A slower one has three times as long as the orders take there.
 */
const recoveredWithinMs = 10_000;
const slowMachinesFactor = 3;
/** Makes the orders' stories long enough to be killed in their middle; many processes take their time to answer all. */
const exchangeDelayMs = wiring === 'services' ? 1_500 : 150;
const pollMs = 20;

interface Moment {
  readonly when: string;
  /** It comes after so many answers, */
  readonly answered: number;
  /** and when so many orders are done: completed, or filled for the exchange. */
  readonly done: number;
  /** So many orders that are not completed then make it a test, */
  readonly inFlightAtLeast: number;
  /** and so many of these that the bank had acknowledged. */
  readonly openAtLeast: number;
}

const moments: readonly Moment[] = [
  { when: 'while they are sent', answered: 60, done: 0, inFlightAtLeast: 200, openAtLeast: 30 },
  {
    when: 'when 30 % are done',
    answered: orderCount,
    done: 0.3 * orderCount,
    inFlightAtLeast: 100,
    openAtLeast: 100,
  },
  {
    when: 'when 70 % are done',
    answered: orderCount,
    done: 0.7 * orderCount,
    inFlightAtLeast: 30,
    openAtLeast: 30,
  },
];

let bank: KillableBank;
let exchange: ExchangeControl;
let boundMs: number;
before(async () => {
  bank = await killableBank();
  exchange = exchangeControl(bank.wiring.exchangeControlUrl);
  const capacity = await completedPerSecond({ addresses: addressesOf(bank) });
  boundMs = Math.max(recoveredWithinMs, (slowMachinesFactor * orderCount * 1000) / capacity);
});
after(() => bank[Symbol.asyncDispose]());

/**
 * CRASH_MOMENTS. By default the last is left out, which finds what the one before it does, with fewer orders; and the many processes are
 * killed at the first one only: each takes them most of a minute, and services-chaos.e2e.test.ts kills them all along.
 */
const momentCount = Number(process.env['CRASH_MOMENTS'] ?? (wiring === 'services' ? 1 : 2));

for (const part of ['bank', 'postgres', 'exchange'] as const) {
  for (const moment of moments.slice(0, momentCount)) {
    test(`kill -9 of the ${part} with ${orderCount} orders under way, ${moment.when}`, (t) =>
      killAndRecover(t, part, moment));
  }
}

interface SentOrder {
  readonly username: string;
  readonly clientOrderId: string;
  readonly order: OrderInput;
  /** Once it is acknowledged. */
  orderId?: string;
}

async function killAndRecover(t: TestContext, part: Part, moment: Moment): Promise<void> {
  const run = `crash-${crypto.randomUUID()}-`;
  const sent = planned(run);
  await exchange.set({ delayMs: exchangeDelayMs });
  const sessions = signedIn();
  await Promise.all([...sessions.values()].map((session) => session.client()));

  const ledgerUrl = bank.wiring.databaseUrls['accounts'] ?? '';
  await using interlock = watchInterlock(ledgerUrl, exchange);
  const sending = sent.map((order) => sendOnce(sessions, order));
  const doneBy = part === 'exchange' ? () => filledAtExchange(sent) : () => completedInOrders(run);
  const doneAtKill = await untilMoment(sent, doneBy, moment);
  const acknowledged = sent.filter(({ orderId }) => orderId !== undefined);
  const strikingAt = performance.now();
  const killedAt = await bank.killAndAwaitRestart(part);
  const restart = seconds(strikingAt);
  const restartedAt = performance.now();

  const again = signedIn();
  const sendingAgain = sent.map(async (order, index) => {
    await sending[index];
    if (order.orderId === undefined) await sendAgain(again, order, restartedAt);
  });
  await Promise.all([...sendingAgain, untilCompleted(sent, again, restartedAt)]);
  const recoveredAt = performance.now();
  const { lookedAt, problems } = await interlock.stop();
  assert.deepEqual(problems, []);
  const looks = lookedAt.filter((at) => at > restartedAt && at < recoveredAt).length;

  const inFlight = await completedAfter(killedAt, sent, again);
  const open = acknowledged.filter(({ orderId }) => inFlight.has(orderId ?? '')).length;
  t.diagnostic(
    `at the kill ${inFlight.size} in flight, ${open} of them acknowledged, ${doneAtKill} seen done; ` +
      `back after ${restart}, all completed ${seconds(restartedAt)} later (of ${(boundMs / 1000).toFixed(1)} s), ${looks} looks meanwhile`,
  );
  assert.ok(inFlight.size >= moment.inFlightAtLeast, `only ${inFlight.size} orders were in flight`);
  assert.ok(open >= moment.openAtLeast, `only ${open} acknowledged orders were open`);
  assert.ok(acknowledged.length - doneAtKill >= moment.openAtLeast, `${doneAtKill} were done already`);
  assert.ok(looks > 0, 'the interlock was looked at between the restart and the last completion');
  await assertAllAddsUp({ run, sent, sessions: again, exchange, ledgerUrl, dataDir: bank.dataDir });
}

function planned(run: string): SentOrder[] {
  const rich = accounts.filter(({ username }) => username !== 'ada');
  return Array.from({ length: orderCount }, (_, index) => {
    const account = rich[index % rich.length];
    const symbol = symbols[index % symbols.length];
    if (account === undefined || symbol === undefined) throw new Error('there are accounts and symbols');
    const side = Math.floor(index / rich.length) % 2 === 0 ? 'SELL' : 'BUY';
    const order = { accountId: account.accountId, symbol, side, quantity: '10' } as const;
    return { username: account.username, clientOrderId: `${run}${index}`, order };
  });
}

function addressesOf({ wiring: { addresses } }: KillableBank) {
  return { identity: addresses['identity'] ?? '', bff: addresses['bff-web'] ?? '' };
}

function signedIn(): ReadonlyMap<string, CustomerSession> {
  const urls = addressesOf(bank);
  const names = new Set(accounts.map(({ username }) => username));
  return new Map(
    [...names].map((username) => [
      username,
      customerSession({ username, addresses: () => urls, retriesInternalErrors: true }),
    ]),
  );
}

function sessionOf(sessions: ReadonlyMap<string, CustomerSession>, username: string): CustomerSession {
  return sessions.get(username) ?? assert.fail(`${username} has a session`);
}

/** Its answer may be lost in the kill, or say that the bank does not answer. */
async function sendOnce(sessions: ReadonlyMap<string, CustomerSession>, sent: SentOrder): Promise<void> {
  const session = sessionOf(sessions, sent.username);
  const answer = await session
    .client()
    .then((client) => tryToPlace(client, sent.order, sent.clientOrderId))
    .catch(() => undefined);
  if (answer?.data != null) sent.orderId = answer.data.placeOrder.order.id;
}

async function sendAgain(
  sessions: ReadonlyMap<string, CustomerSession>,
  sent: SentOrder,
  restartedAt: number,
): Promise<void> {
  const session = sessionOf(sessions, sent.username);
  const givesUpAt = restartedAt + boundMs;
  for (;;) {
    await sendOnce(sessions, sent);
    if (sent.orderId !== undefined) return;
    assert.ok(
      performance.now() < givesUpAt,
      `${session.username} could not send ${sent.clientOrderId} again`,
    );
    await setTimeout(pollMs * 5);
  }
}

/** Resolves to the number of orders that were done at that moment. */
async function untilMoment(
  sent: readonly SentOrder[],
  doneBy: () => Promise<number>,
  { answered, done }: Moment,
): Promise<number> {
  while (sent.filter(({ orderId }) => orderId !== undefined).length < answered) await setTimeout(1);
  for (;;) {
    const already = done === 0 ? 0 : await doneBy();
    if (already >= done) return already;
    await setTimeout(pollMs);
  }
}

async function filledAtExchange(sent: readonly SentOrder[]): Promise<number> {
  const ours = new Set(sent.map(({ orderId }) => orderId));
  const orders = await exchange.orders();
  return orders.filter((order) => ours.has(order.clOrdId) && !isWorking(order)).length;
}

/** Asked of the database, since through the graph a busy bank would answer when many more are done. */
async function completedInOrders(run: string): Promise<number> {
  const client = new Client({ connectionString: bank.wiring.databaseUrls['orders'] });
  await client.connect();
  try {
    const query = `select count(*)::int as count from orders
      where client_order_id like $1 || '%' and completed_at is not null`;
    return (await client.query<{ count: number }>(query, [run])).rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}

async function untilCompleted(
  sent: readonly SentOrder[],
  sessions: ReadonlyMap<string, CustomerSession>,
  from: number,
): Promise<void> {
  for (;;) {
    const completed = await completedOf(sent, sessions);
    if (completed.size === sent.length) return;
    const open = sent.filter(({ orderId }) => !completed.has(orderId ?? '')).map(({ orderId }) => orderId);
    assert.ok(
      performance.now() - from < boundMs,
      `${open.length} orders are not completed after ${boundMs.toFixed(0)} ms: ${open.slice(0, 10).join()}`,
    );
    await setTimeout(pollMs);
  }
}

async function completedOf(
  sent: readonly SentOrder[],
  sessions: ReadonlyMap<string, CustomerSession>,
): Promise<Set<string>> {
  const states = await newestStates(sent, sessions);
  return new Set(states.filter(({ outcome }) => outcome !== null).map(({ id }) => id));
}

async function completedAfter(
  wallClockMs: number,
  sent: readonly SentOrder[],
  sessions: ReadonlyMap<string, CustomerSession>,
): Promise<Set<string>> {
  const states = await newestStates(sent, sessions);
  return new Set(
    states
      .filter(({ completedAt }) => completedAt !== null && Date.parse(completedAt) > wallClockMs)
      .map(({ id }) => id),
  );
}

async function newestStates(
  sent: readonly SentOrder[],
  sessions: ReadonlyMap<string, CustomerSession>,
): Promise<WatchedState[]> {
  const asked = [...Map.groupBy(sent, ({ username }) => username)].map(([username, theirs]) =>
    statesOf(
      sessionOf(sessions, username),
      theirs.flatMap(({ orderId }) => orderId ?? []),
    ),
  );
  return (await Promise.all(asked)).flatMap((found) => [...found.values()]);
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}
