// Zero loss: subscribers over both transports are dropped again and again while their orders complete, a BFF process is
// killed with -9, and Redis is killed and comes back empty. Each has every event of its order once, in order, to the end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startRedis, type RedisServer } from '@simplebank/testkit';
import { customerSession, type CustomerSession } from './customer-session.ts';
import type { Cut } from './cut-connection.fixture.ts';
import { followWithDrops, type Followed } from './dropped-subscriber.fixture.ts';
import { exchangeControl, noFaults, type ExchangeControl } from './exchange-control.ts';
import { faultsIn } from './heard-events.fixture.ts';
import { polledLog } from './order-log.fixture.ts';
import { placeOrder, type PlacedOrder } from './orders.ts';
import { accounts, symbols } from './random-plan.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { followOverSocket } from './socket-connection.fixture.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { followOverStream } from './stream-connection.fixture.ts';

/** The full size is 500 orders and 1,000 subscribers. */
const orderCount = Number(process.env['ZERO_LOSS_ORDERS'] ?? 60);
const subscriberCount = Number(process.env['ZERO_LOSS_SUBSCRIBERS'] ?? 120);
const seed = Number(process.env['ZERO_LOSS_SEED'] ?? 11);
const mostDrops = 10;
/** As many customers' applications send orders at once. */
const placedAtOnce = 32;
/** The others are placed while Redis is away and the BFF process starts again, so that stories begin and go on after both. */
const placedBeforeStrikes = 0.8;
/** A cut comes so long after the event that it waits for, at most: also in the middle of what comes next. */
const latestCutMs = 200;
/** The exchange's reports are late, so that orders are open for as long as their subscribers need to come. */
const reportsLateMs = 1_500;
const redisAwayMs = 500;
/** Of all subscribers, so many at least follow when a part is killed, or it was no test. */
const openShareAtStrike = 0.1;
/** Rich in cash and shares, so that every order is good. */
const rich = accounts.filter(({ username }) => username !== 'ada');

let redis: RedisServer;
let started: StartedBank;
let exchange: ExchangeControl;
let sessions: ReadonlyMap<string, CustomerSession>;
before(async () => {
  redis = await startRedis();
  started = await startedBank({}, { redisUrl: redis.url });
  exchange = exchangeControl(`http://127.0.0.1:${started.bank.exchange.controlPort}`);
  const { identity, 'bff-web': bff } = started.bank.addresses;
  sessions = new Map(
    rich.map(({ username }) => [
      username,
      customerSession({ username, addresses: () => ({ identity, bff }), retriesInternalErrors: true }),
    ]),
  );
});
after(async () => {
  await started?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

interface Order {
  readonly session: CustomerSession;
  readonly id: string;
}

interface Subscriber {
  readonly order: number;
  readonly bff: 'bff-web' | 'bff-mobile';
  readonly transport: 'socket' | 'stream';
  readonly cuts: readonly Cut[];
}

const followOnce = { socket: followOverSocket, stream: followOverStream };

/** Both transports share each order, where it has more subscribers than one. */
function planSubscriber(random: SeededRandom, index: number): Subscriber {
  const round = Math.floor(index / orderCount);
  const cuts = Array.from({ length: random.between(0, mostDrops) }, () => ({
    // Mostly before the next event: an order has some ten, and each cut is to find its connection.
    afterEvents: random.chance(0.75) ? 0 : random.between(1, 2),
    thenMs: random.chance(0.3) ? 0 : random.between(1, latestCutMs),
  }));
  return {
    order: index % orderCount,
    bff: random.pick(['bff-web', 'bff-mobile'] as const),
    transport: (index + round) % 2 === 0 ? 'socket' : 'stream',
    cuts,
  };
}

async function place(random: SeededRandom): Promise<Order> {
  const { username, accountId } = random.pick(rich);
  const order = {
    accountId,
    symbol: random.pick(symbols),
    side: random.pick(['BUY', 'SELL']),
    quantity: '2',
  };
  const input = { clientOrderId: crypto.randomUUID(), order };
  const session = sessions.get(username) ?? assert.fail('each customer has a session');
  const placed = await session.data<{ placeOrder: { order: PlacedOrder } }>(placeOrder, { input });
  return { session, id: placed.placeOrder.order.id };
}

/** A few are under way at any time, and each resolves as soon as it is placed; the last ones wait for what they come after. */
function placeAll(random: SeededRandom, lastOnesAfter: Promise<void>): Promise<Order>[] {
  const firstOnes = Math.ceil(orderCount * placedBeforeStrikes);
  const placing: Promise<Order>[] = [];
  for (let index = 0; index < orderCount; index += 1) {
    const turn = placing[index - placedAtOnce] ?? Promise.resolve();
    const begin = index < firstOnes ? turn : Promise.all([turn, lastOnesAfter]);
    placing.push(begin.then(() => place(random)));
  }
  return placing;
}

async function killBffProcess(): Promise<void> {
  const replica = started.bank.processes?.replicas('bff-web')[0] ?? assert.fail('it runs in many processes');
  process.kill(replica.pid() ?? assert.fail('it runs'), 'SIGKILL');
  await replica.restarted();
}

async function killAndEmptyRedis(): Promise<void> {
  await redis.kill();
  await setTimeout(redisAwayMs);
  await redis.restart();
}

interface Strike {
  readonly what: string;
  /** Of the subscribers that have seen the end by then. */
  readonly endedShare: number;
  readonly strike: () => Promise<void>;
}

/** The second does not wait for the first one's restart: the bank completes its orders in batches, and fast. */
const strikes: readonly Strike[] = [
  { what: 'kill -9 of a BFF process', endedShare: 0.1, strike: killBffProcess },
  { what: 'kill -9 of Redis', endedShare: 0.3, strike: killAndEmptyRedis },
];

test(`${subscriberCount} subscribers of ${orderCount} orders are dropped at random while a BFF and Redis die, and lose nothing`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const subscribers = Array.from({ length: subscriberCount }, (_, index) => planSubscriber(random, index));
  await exchange.set({ delayMs: reportsLateMs });
  const startedAt = performance.now();
  const tell = (what: string) =>
    t.diagnostic(`${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${what}, ${count.open} open`);
  const count = { open: 0, mostOpen: 0, ended: 0 };
  const striking = strikes.map(({ what, endedShare, strike }) => {
    const due = Promise.withResolvers<void>();
    const isStruck = due.promise.then(async () => {
      tell(`${what}, ${count.ended} at their end`);
      assert.ok(count.open >= openShareAtStrike * subscriberCount, `only ${count.open} were open`);
      await strike();
      tell(`all is back after ${what}`);
    });
    return { isDue: () => count.ended >= endedShare * subscriberCount, due, isStruck };
  });
  const placing = placeAll(
    random,
    Promise.all(striking.map(({ due }) => due.promise)).then(() => undefined),
  );
  const following = subscribers.map(async (subscriber): Promise<Followed> => {
    const order = await (placing[subscriber.order] ?? assert.fail('each follows an order'));
    count.open += 1;
    count.mostOpen = Math.max(count.mostOpen, count.open);
    const followed = await follow(subscriber, order);
    count.open -= 1;
    count.ended += 1;
    for (const { isDue, due } of striking) if (isDue()) due.resolve();
    return followed;
  });
  const stories = await Promise.all(following);
  tell('all have seen the end');
  await Promise.all(striking.map(({ isStruck }) => isStruck));
  await exchange.set(noFaults);
  const sum = (part: 'drops' | 'faults') => stories.reduce((total, story) => total + story[part], 0);
  const events = stories.reduce((total, story) => total + story.events.length, 0);
  const mostOfOne = Math.max(...stories.map(({ drops }) => drops));
  t.diagnostic(
    `${subscriberCount} subscribers, at most ${count.mostOpen} at once: ${sum('drops')} drops (at most ${mostOfOne} of one), ${sum('faults')} faults, ${events} events`,
  );
  assert.deepEqual(await judged(subscribers, stories, placing), []);
  assert.ok(sum('drops') > subscriberCount * 2, 'most were dropped more than once');
});

function follow({ bff, cuts, transport }: Subscriber, { session, id }: Order): Promise<Followed> {
  return followWithDrops({
    bffUrl: started.bank.addresses[bff],
    token: async () => (await session.client()).token,
    orderId: id,
    cuts,
    followOnce: followOnce[transport],
  });
}

/** What each subscriber has heard, held against its order's log: all that is wrong. */
async function judged(
  subscribers: readonly Subscriber[],
  stories: readonly Followed[],
  placing: readonly Promise<Order>[],
): Promise<string[]> {
  const orders = await Promise.all(placing);
  const logs = await Promise.all(orders.map(({ session, id }) => polledLog(session, id)));
  return subscribers.flatMap(({ order, bff, transport }, index) => {
    const faults = faultsIn(stories[index]?.events ?? [], logs[order] ?? []);
    return faults.map((fault) => `subscriber ${index}, by ${transport} at ${bff}: ${fault}`);
  });
}
