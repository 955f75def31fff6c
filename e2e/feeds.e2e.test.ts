// Live states over the real bank: an account that moves with its order, and quotes that move by themselves.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { until, type BankClient, type GraphQLAnswer } from '@simplebank/testkit';
import { completed, place, stateOf } from './orders.ts';
import { refusalOf } from './refused.fixture.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { wiring } from './wired-bank.fixture.ts';

const accountId = 'acc-2001';
/** Two processes of a BFF share no reads. */
const isOneProcess = wiring === 'embedded';
/** Well before the poll that would find it without news, which takes 30 s. */
const atOnceMs = 3_000;

const accountFields = `
  cash { balance { amount } available { amount } reserved { amount } }
  positions { symbol quantity reserved }
  orders(first: 1) { nodes { id status sequence outcome } }`;
const accountFeed = `subscription Feed($id: ID!, $after: String) {
  accountUpdated(accountId: $id, after: $after) { ${accountFields} }
}`;
const accountQuery = `query Account($id: ID!) { account(id: $id) { ${accountFields} } }`;
const quotesFeed = `subscription Quotes($of: [String!]!, $after: String) {
  quotesUpdated(symbols: $of, after: $after) { version instruments { symbol quote { bid ask last at } } }
}`;

interface Account {
  readonly cash: { readonly balance: { readonly amount: string } };
  readonly positions: readonly { readonly symbol: string; readonly quantity: string }[];
  readonly orders: {
    readonly nodes: readonly {
      readonly id: string;
      readonly sequence: number;
      readonly outcome: string | null;
    }[];
  };
}

interface Quotes {
  readonly version: number;
  readonly instruments: readonly {
    readonly symbol: string;
    readonly quote: { readonly bid: string } | null;
  }[];
}

let started: StartedBank;
before(async () => {
  started = await startedBank();
});
after(() => started[Symbol.asyncDispose]());

/** What has come so far, while it goes on coming. */
function following<Data>(client: BankClient, query: string, variables: Record<string, unknown>) {
  const payloads: GraphQLAnswer<Data>[] = [];
  const updates = client.follow<Data>(query, variables);
  const done = (async () => {
    for await (const payload of updates) payloads.push(payload);
  })();
  return { payloads, done, stop: async () => void (await updates.return?.()) };
}

const accountOf = async (client: BankClient): Promise<Account> =>
  (await client.data<{ account: Account }>(accountQuery, { id: accountId })).account;

for (const bff of ['bff-web', 'bff-mobile'] as const) {
  test(`an account followed at ${bff} moves with its order, and ends up as a query finds it`, async () => {
    const client = await started.client('barbara', bff);
    const feed = following<{ accountUpdated: Account }>(client, accountFeed, { id: accountId });
    const states = () => feed.payloads.flatMap(({ data }) => (data == null ? [] : [data.accountUpdated]));
    await until('it has the account as it is', () => states().length === 1);
    const { id } = await place(client, { accountId, symbol: 'ACME', side: 'BUY', quantity: '10' });
    await completed(client, id);
    const completedAt = performance.now();
    const found = await accountOf(client);
    await until('it shows the account as the query found it', () => {
      const newest = states().at(-1);
      return newest !== undefined && JSON.stringify(newest) === JSON.stringify(found);
    });
    assert.ok(performance.now() - completedAt < atOnceMs);
    const sequences = states().flatMap(({ orders: { nodes } }) =>
      nodes.flatMap((order) => (order.id === id ? [order.sequence] : [])),
    );
    assert.deepEqual(
      sequences,
      sequences.toSorted((one, other) => one - other),
      'never back',
    );
    assert.equal(sequences.at(-1), (await stateOf(client, id)).sequence);
    const held = (account: Account | undefined) =>
      Number(account?.positions.find(({ symbol }) => symbol === 'ACME')?.quantity ?? 0);
    assert.equal(held(states().at(-1)) - held(states()[0]), 10);
    await feed.stop();
    await feed.done;

    // Who has the newest state gets nothing until it changes; who has an older one gets the newest at once.
    const [older, newest] = [feed.payloads[0], feed.payloads.at(-1)].map(
      (payload) => payload?.extensions?.cursor,
    );
    const behind = following<{ accountUpdated: Account }>(client, accountFeed, {
      id: accountId,
      after: older,
    });
    await until('it has the newest', () => behind.payloads.length === 1);
    assert.deepEqual(behind.payloads[0]?.data?.accountUpdated, found);
    const level = following<{ accountUpdated: Account }>(client, accountFeed, {
      id: accountId,
      after: newest,
    });
    const next = await place(client, { accountId, symbol: 'ACME', side: 'SELL', quantity: '1' });
    await until('the next order is shown', () => level.payloads.length > 0);
    assert.equal(level.payloads[0]?.data?.accountUpdated.orders.nodes[0]?.id, next.id);
    for (const each of [behind, level]) await each.stop();
    await completed(client, next.id);
    await client.close();
  });
}

for (const bff of ['bff-web', 'bff-mobile'] as const) {
  test(`what the application of ${bff} follows is served: one read of quotes for all, of accounts for each`, async () => {
    const operation = (name: string) =>
      readFileSync(new URL(`../${bff}/operations/${name}.graphql`, import.meta.url), 'utf8');
    const customers = [
      { client: await started.client('barbara', bff), id: accountId },
      { client: await started.client('grace', bff), id: 'acc-1003' },
    ];
    const before = await liveQueries(bff);
    const feeds = customers.flatMap(({ client, id }) => [
      following<object>(client, operation('follow-account'), { id }),
      following<object>(client, operation('follow-quotes'), { symbols: ['ACME', 'HOOLI'] }),
    ]);
    await until('each has its state', () => feeds.every(({ payloads }) => payloads.length > 0));
    for (const { payloads } of feeds) assert.deepEqual(payloads[0]?.errors, undefined);
    if (isOneProcess) assert.equal(await liveQueries(bff), before + 3);
    for (const feed of feeds) await feed.stop();
    if (isOneProcess)
      await until('nothing is read any more', async () => (await liveQueries(bff)) === before);
    for (const { client } of customers) await client.close();
  });
}

async function liveQueries(bff: 'bff-web' | 'bff-mobile'): Promise<number> {
  const text = await (await fetch(`${started.bank.addresses[bff]}/metrics`)).text();
  const line = text.split('\n').find((each) => /^live_operations\{.*counted="live queries"/.test(each));
  return Number(line?.split(' ').at(-1));
}

test('quotes come as they are, then newer and never older ones, and equal ones to everybody', async () => {
  const of = ['HOOLI', 'ACME', 'NOPE'];
  const clients = await Promise.all(['barbara', 'grace'].map((username) => started.client(username)));
  const feeds = clients.map((client) => following<{ quotesUpdated: Quotes }>(client, quotesFeed, { of }));
  await until('both have three of them', () => feeds.every(({ payloads }) => payloads.length >= 3));
  const [ones, others] = feeds.map(({ payloads }) => payloads.map(({ data }) => data?.quotesUpdated));
  const versions = ones?.map((quotes) => quotes?.version ?? 0) ?? [];
  assert.deepEqual(
    versions,
    [...new Set(versions)].toSorted((one, other) => one - other),
  );
  assert.deepEqual(
    ones?.at(-1)?.instruments.map(({ symbol, quote }) => [symbol, Number(quote?.bid) > 0]),
    [
      ['ACME', true],
      ['HOOLI', true],
    ],
  );
  const shared = versions.filter((version) => others?.some((quotes) => quotes?.version === version));
  if (isOneProcess) assert.ok(shared.length >= 2, 'one read was for both');
  const cursor = feeds[0]?.payloads.at(-1)?.extensions?.cursor;
  for (const feed of feeds) await feed.stop();
  const [client] = clients;
  assert.ok(client);
  for (const [variables, code] of [
    [{ of: ['ACME'], after: cursor }, 'CURSOR_INVALID'],
    [{ of: Array.from({ length: 101 }, (_, index) => `S${index}`) }, 'TOO_MANY_SYMBOLS'],
  ] as const) {
    const { errors } = await refusalOf(client, quotesFeed, variables);
    assert.deepEqual(
      errors.map(({ extensions }) => extensions?.['code']),
      [code],
    );
  }
  for (const each of clients) await each.close();
});
