// Completion events: who disconnects and comes back with a cursor sees each event once, in order, to the end; who
// comes late gets the end at once; nobody follows what is not theirs.
import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { findRunningBank } from '@simplebank/chassis';
import { until, type BankClient } from '@simplebank/testkit';
import { followWithDrops } from './dropped-subscriber.fixture.ts';
import { exchangeControl, noFaults, type ExchangeControl } from './exchange-control.ts';
import { faultsIn, type HeardEvent } from './heard-events.fixture.ts';
import { polledLog, updatesQuery } from './order-log.fixture.ts';
import { completed, orderSubscription, place, type OrderPayload } from './orders.ts';
import { accounts, symbols } from './random-plan.ts';
import { seededRandom } from './seeded-random.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

const subscribers = 200;
const seed = Number(process.env['LIVE_SEED'] ?? 7);
/** Between 'at once' and a poll of the log, which takes 30 s. */
const atOnceMs = 1_500;
const firstReportsLateMs = 1_000;
const laterReportsLateMs = 100;
/** So many orders that are not completed at a kill make it a test. */
const openAtLeast = 20;

/** Fewer while a supergraph is replaced: what they show does not depend on how many they are. */
const subscribersAtReload = 50;
const supergraph = new URL('../schema/supergraph.graphql', import.meta.url);

let started: StartedBank;
let exchange: ExchangeControl;
/** The gateway follows a copy, which a test may replace. */
let supergraphCopy: string;
before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'simplebank-supergraph-'));
  supergraphCopy = join(folder, 'supergraph.graphql');
  await copyFile(supergraph, supergraphCopy);
  started = await startedBank({ SUPERGRAPH_FILE: supergraphCopy, SUPERGRAPH_POLL_MS: '50' });
  const wiring = await findRunningBank(started.dataDir);
  exchange = exchangeControl(wiring?.exchangeControlUrl ?? '');
});
after(async () => {
  await started[Symbol.asyncDispose]();
  await rm(dirname(supergraphCopy), { recursive: true });
});

const sell = { accountId: 'acc-2001', symbol: 'ACME', side: 'SELL', quantity: '10' } as const;
const written = ({ sequence, type, id }: HeardEvent) => `${sequence} ${type} ${id}`;
const cutAfter = (afterEvents: number) => ({ afterEvents, thenMs: 0 });

for (const bff of ['bff-web', 'bff-mobile'] as const) {
  test(`a subscriber of ${bff} that comes back with its cursor sees each event once, in order`, async () => {
    const client = await started.client('barbara', bff);
    const { id } = await place(client, sell);
    const options = { bffUrl: started.bank.addresses[bff], token: () => client.token, orderId: id };
    // Cut after 2 events, at once, and after 1; each time the story goes on meanwhile.
    const followed = await followWithDrops({ ...options, cuts: [2, 0, 1].map(cutAfter) });
    assert.equal(followed.connections, 4);
    assert.deepEqual(faultsIn(followed.events, await polledLog(client, id)), []);
  });
}

test('polling with any page size gives the events that the subscription gives', async () => {
  const client = await started.client('barbara');
  const { id } = await place(client, sell);
  const { events } = await followWithDrops({
    bffUrl: started.bank.addresses['bff-web'],
    token: () => client.token,
    orderId: id,
    cuts: [],
  });
  for (const pageSize of [1, 3, 100]) {
    assert.deepEqual((await polledLog(client, id, pageSize)).map(written), events.map(written));
  }
});

test('a subscriber that comes after the end gets the terminal event at once, then complete', async () => {
  const client = await started.client('barbara');
  const { id } = await place(client, sell);
  await completed(client, id);
  const startedAt = performance.now();
  const types: string[] = [];
  for await (const { data } of client.follow<OrderPayload>(orderSubscription, { id })) {
    types.push(String(data?.orderUpdated.event.type));
    assert.equal(data?.orderUpdated.order.outcome, 'FILLED');
  }
  assert.deepEqual(types, ['ORDER_COMPLETED']);
  assert.ok(performance.now() - startedAt < atOnceMs);
});

test('a cursor that was changed, or belongs to another order, is CURSOR_INVALID', async () => {
  const client = await started.client('barbara');
  const [{ id }, other] = await Promise.all([place(client, sell), place(client, sell)]);
  const cursor = await firstCursor(client, id);
  const [sequence, signature] = cursor.split('.');
  assert.ok(signature);
  assert.equal(
    await refusalOf(client, { id, after: `${Number(sequence) + 1}.${signature}` }),
    'CURSOR_INVALID',
  );
  assert.equal(await refusalOf(client, { id, after: 'forged' }), 'CURSOR_INVALID');
  assert.equal(await refusalOf(client, { id: other.id, after: cursor }), 'CURSOR_INVALID');
});

test("somebody else's order is FORBIDDEN, with and without a cursor of its owner", async () => {
  const owner = await started.client('barbara');
  const { id } = await place(owner, sell);
  const cursor = await firstCursor(owner, id);
  const stranger = await started.client('grace', 'bff-mobile');
  for (const after of [undefined, '0', cursor]) {
    assert.equal(await refusalOf(stranger, { id, ...(after !== undefined && { after }) }), 'FORBIDDEN');
  }
  const { errors } = await stranger.ask(updatesQuery, { id, after: 0, first: 10 });
  assert.equal(errors?.[0]?.extensions?.code, 'FORBIDDEN');
});

test(`${subscribers} subscribers dropped at random while their orders complete lose nothing`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const followers = await placeAndFollow(seed);
  t.diagnostic(
    `${followers.connections - subscribers} drops, ${followers.faults} faults, ${followers.seconds.toFixed(1)} s`,
  );
  assert.ok(followers.connections > subscribers * 2, 'most were dropped');
});

test('a new supergraph goes live under subscribers, and ends none of their subscriptions', async () => {
  const goLive = async () => {
    await appendFile(supergraphCopy, '\n# the same once more\n');
    await until('the new supergraph is live', async () =>
      (await readFile(started.bank.logFile, 'utf8')).includes('"outcome":"live"'),
    );
  };
  const { faults, openAtStrike } = await placeAndFollow(seed + 2, goLive, subscribersAtReload);
  assert.equal(faults, 0);
  assert.ok(openAtStrike > 0, 'orders went on after it');
});

test('subscribers survive a kill -9 of Postgres, or resume by their cursor without loss', async (t) => {
  const followers = await placeAndFollow(
    seed + 1,
    () => void process.kill(started.bank.postgres.pid, 'SIGKILL'),
  );
  const { connections, faults, seconds, openAtStrike } = followers;
  t.diagnostic(
    `${openAtStrike} open at the kill, ${connections - subscribers} drops, ${faults} faults, ${seconds.toFixed(1)} s`,
  );
  assert.ok(openAtStrike >= openAtLeast, `only ${openAtStrike} orders were open at the kill`);
});

/** Everybody follows one order; `strike` comes when the first has seen the end. What they saw is what the order's log says. */
async function placeAndFollow(
  seed: number,
  strike?: () => void | Promise<void>,
  count: number = subscribers,
) {
  const random = seededRandom(seed);
  const rich = accounts.filter(({ username }) => username !== 'ada');
  const clients = new Map(
    await Promise.all(
      rich.map(async ({ username, accountId }, index) => {
        const bff = index % 2 === 0 ? 'bff-web' : 'bff-mobile';
        return [accountId, { bff, client: await started.client(username, bff) }] as const;
      }),
    ),
  );
  // The first reports are late enough for everybody to have subscribed; later ones come as they happen.
  await exchange.set({ delayMs: firstReportsLateMs });
  const startedAt = performance.now();
  const placing = Array.from({ length: count }, async () => {
    const { accountId } = random.pick(rich);
    const { bff, client } = clients.get(accountId) ?? assert.fail('each account has a client');
    const cuts = Array.from({ length: random.between(0, 4) }, () => cutAfter(random.between(0, 3)));
    const symbol = random.pick(symbols);
    const side = random.pick(['BUY', 'SELL'] as const);
    const { id } = await place(client, { accountId, symbol, side, quantity: '10' });
    return { bffUrl: started.bank.addresses[bff], token: () => client.token, client, orderId: id, cuts };
  });
  const following = (await Promise.all(placing)).map(async (subscriber) => ({
    ...subscriber,
    ...(await followWithDrops(subscriber)),
  }));
  await exchange.set({ delayMs: laterReportsLateMs });
  let struckAt = Infinity;
  if (strike !== undefined) {
    await Promise.race(following);
    struckAt = Date.now();
    await strike();
  }
  const followed = await Promise.all(following);
  const seconds = (performance.now() - startedAt) / 1000;
  await exchange.set(noFaults);
  let openAtStrike = 0;
  for (const { client, orderId, events } of followed) {
    const log = await polledLog(client, orderId);
    assert.deepEqual(faultsIn(events, log), [], orderId);
    if (Date.parse(log.at(-1)?.occurredAt ?? '') > struckAt) openAtStrike += 1;
  }
  const sum = (part: 'connections' | 'faults') => followed.reduce((total, each) => total + each[part], 0);
  return { connections: sum('connections'), faults: sum('faults'), seconds, openAtStrike };
}

async function firstCursor(client: BankClient, id: string): Promise<string> {
  for await (const { extensions } of client.follow<OrderPayload>(orderSubscription, { id, after: '0' })) {
    return extensions?.cursor ?? assert.fail('a payload has a cursor');
  }
  throw new Error('an order has events');
}

/** The code with which a subscription is refused: as an error of the protocol, or as an only payload. */
async function refusalOf(
  client: BankClient,
  variables: Record<string, unknown>,
): Promise<string | undefined> {
  try {
    for await (const { data, errors } of client.follow<OrderPayload>(orderSubscription, variables)) {
      assert.equal(data ?? null, null);
      return errors?.[0]?.extensions?.code;
    }
  } catch (refused) {
    if (!Array.isArray(refused)) throw refused;
    return (refused as { extensions?: { code?: string } }[])[0]?.extensions?.code;
  }
  return undefined;
}
