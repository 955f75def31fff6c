// The service over the network: what customers see, what they may not see, and what the orders service commands.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  getAvailability,
  postFee,
  postTrade,
  releaseReservation,
  reserveForOrder,
} from '@simplebank/contracts';
import { charge, sell, trade } from './ledger.fixture.ts';
import { startAccounts, type GraphqlAnswer, type RunningAccounts } from './running-service.fixture.ts';

const ada = ['acc-1001', 'acc-1002'];
let accounts: RunningAccounts;

before(async () => {
  accounts = await startAccounts({ SEED_DEMO: '1' });
  const given = { accountId: 'acc-1001' };
  await accounts.orders.call(reserveForOrder, sell('o1', '60', given));
  await accounts.orders.call(postTrade, trade('e1', 'o1', 'SELL', '20', '200.00', given));
  await accounts.orders.call(postFee, charge('e1', 'o1', 'SELL', '1.25', given));
});
after(() => accounts[Symbol.asyncDispose]());

const entities = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Account { id positions { symbol quantity available reserved instrument { symbol } }
    cash { balance { amount currency } available { amount } reserved { amount } } }
  ... on Position { symbol quantity }
  ... on CashBalance { accountId balance { amount } }
  ... on LedgerEntry { id kind asset amount order { id } execution { id } }
  ... on Order { id ledgerEntries { kind asset amount } }
} }`;

function ask(accountIds: readonly string[] | null, ...representations: object[]): Promise<GraphqlAnswer> {
  return accounts.query(accountIds, entities, { representations });
}

const activities = `query ($id: ID!, $first: Int!, $after: String) {
  _entities(representations: [{ __typename: "Account", id: $id }]) { ... on Account {
    activities(first: $first, after: $after) {
      edges { cursor node { id kind asset amount } } nodes { id } pageInfo { hasNextPage endCursor }
    } } } }`;

interface Page {
  readonly edges: readonly {
    readonly cursor: string;
    readonly node: { readonly id: string; readonly asset: string };
  }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function pageOf(given: object): Promise<Page | string | undefined> {
  const { data, errors } = await accounts.query(ada, activities, { id: 'acc-1001', first: 20, ...given });
  if (errors !== undefined) return errors[0]?.extensions.code;
  const entries = data?.['_entities'];
  assert.ok(Array.isArray(entries));
  const [account] = entries as { activities: Page }[];
  return account?.activities;
}

test('a customer sees positions and cash, with what is reserved and what is left', async () => {
  const { data, errors } = await ask(ada, { __typename: 'Account', id: 'acc-1001' });
  assert.equal(errors, undefined);
  assert.deepEqual(data?.['_entities'], [
    {
      id: 'acc-1001',
      positions: [
        { symbol: 'ACME', quantity: '480', available: '440', reserved: '40', instrument: { symbol: 'ACME' } },
        {
          symbol: 'GLOBEX',
          quantity: '250',
          available: '250',
          reserved: '0',
          instrument: { symbol: 'GLOBEX' },
        },
      ],
      cash: {
        balance: { amount: '25198.75', currency: 'USD' },
        available: { amount: '25198.75' },
        reserved: { amount: '0.00' },
      },
    },
  ]);
});

test('activities come newest first, page by page, and every entry once', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 10; pages += 1) {
    const page: Page | string | undefined = await pageOf({ first: 2, after: cursor });
    assert.ok(typeof page === 'object');
    assert.deepEqual(
      page.nodes.map(({ id }) => id),
      page.edges.map(({ node }) => node.id),
    );
    seen.push(...page.edges.map(({ node }) => `${node.id} ${node.asset}`));
    cursor = page.pageInfo.endCursor;
    if (!page.pageInfo.hasNextPage) break;
  }
  const whole = await pageOf({ first: 100 });
  assert.ok(typeof whole === 'object');
  assert.deepEqual(
    seen,
    whole.edges.map(({ node }) => `${node.id} ${node.asset}`),
  );
  assert.deepEqual(
    whole.edges.map(({ node }) => ({ ...node, id: undefined })),
    [
      { id: undefined, kind: 'FEE', asset: 'USD', amount: '-1.25' },
      { id: undefined, kind: 'TRADE', asset: 'USD', amount: '200.00' },
      { id: undefined, kind: 'TRADE', asset: 'ACME', amount: '-20' },
      { id: undefined, kind: 'OPENING', asset: 'GLOBEX', amount: '250' },
      { id: undefined, kind: 'OPENING', asset: 'ACME', amount: '500' },
      { id: undefined, kind: 'OPENING', asset: 'USD', amount: '25000.00' },
    ],
  );
});

test('a page of no or too many entries, and a cursor of another list, are refused', async () => {
  assert.equal(await pageOf({ first: 0 }), 'INVALID_PAGE');
  assert.equal(await pageOf({ first: 101 }), 'INVALID_PAGE');
  assert.equal(await pageOf({ after: 'nonsense' }), 'INVALID_PAGE');
  const page = await pageOf({ first: 1 });
  assert.ok(typeof page === 'object');
  const { errors } = await accounts.query(ada, activities, {
    id: 'acc-1002',
    first: 1,
    after: page.pageInfo.endCursor,
  });
  assert.equal(errors?.[0]?.extensions.code, 'INVALID_PAGE');
});

test('each way to an account, its things and its orders is closed to others, and to nobody', async () => {
  const page = await pageOf({ first: 1 });
  assert.ok(typeof page === 'object');
  const ways = [
    { __typename: 'Account', id: 'acc-1001' },
    { __typename: 'Position', accountId: 'acc-1001', symbol: 'ACME' },
    { __typename: 'CashBalance', accountId: 'acc-1001' },
    { __typename: 'LedgerEntry', id: page.nodes[0]?.id },
    { __typename: 'Order', id: 'o1' },
  ];
  for (const way of ways) {
    const mine = await ask(ada, way);
    assert.equal(mine.errors, undefined, way.__typename);
    const others = await ask(['acc-1003'], way);
    assert.deepEqual(
      new Set(others.errors?.map(({ extensions }) => extensions.code)),
      new Set(['FORBIDDEN']),
      way.__typename,
    );
    assert.ok(!JSON.stringify(others.data).includes('amount'), way.__typename);
    const nobody = await ask(null, way);
    assert.equal(nobody.errors?.[0]?.extensions.code, 'UNAUTHENTICATED', way.__typename);
  }
});

test("the house's entries have no way in", async () => {
  const ids = Array.from({ length: 200 }, (_, index) => ({
    __typename: 'LedgerEntry',
    id: String(index + 1),
  }));
  const { data } = await ask(ada, ...ids);
  const entries = data?.['_entities'];
  assert.ok(Array.isArray(entries));
  const seen = entries.filter((entry) => entry !== null);
  assert.equal(seen.length, 7, 'the six of the one account and the one of the other');
  assert.deepEqual(
    (await ask(ada, { __typename: 'LedgerEntry', id: 'x' })).errors?.[0]?.extensions.code,
    'FORBIDDEN',
  );
});

test('many accounts, positions and orders of one request take one statement a type', async () => {
  const representations = ada.flatMap((id) => [
    { __typename: 'Account', id },
    { __typename: 'CashBalance', accountId: id },
    { __typename: 'Position', accountId: id, symbol: 'ACME' },
    { __typename: 'Order', id: `o-${id}` },
  ]);
  const before = await accounts.metrics.statements();
  assert.equal((await ask(ada, ...representations)).errors, undefined);
  assert.equal((await accounts.metrics.statements()) - before, 2);
});

test('an order shows what the ledger posted for it, oldest first; an unknown one shows nothing', async () => {
  const { data } = await ask(
    ada,
    { __typename: 'Order', id: 'o1' },
    { __typename: 'Order', id: 'o-unknown' },
  );
  assert.deepEqual(data?.['_entities'], [
    {
      id: 'o1',
      ledgerEntries: [
        { kind: 'TRADE', asset: 'ACME', amount: '-20' },
        { kind: 'TRADE', asset: 'USD', amount: '200.00' },
        { kind: 'FEE', asset: 'USD', amount: '-1.25' },
      ],
    },
    { id: 'o-unknown', ledgerEntries: [] },
  ]);
});

test("another's order is forbidden as soon as something is reserved for it, before anything is posted", async () => {
  await accounts.orders.call(reserveForOrder, sell('o-reserved', '1', { accountId: 'acc-1002' }));
  const order = { __typename: 'Order', id: 'o-reserved' };
  assert.deepEqual((await ask(ada, order)).data?.['_entities'], [{ id: 'o-reserved', ledgerEntries: [] }]);
  const others = await ask(['acc-1003'], order);
  assert.deepEqual(
    others.errors?.map(({ extensions }) => extensions.code),
    ['FORBIDDEN'],
  );
});

test('an id that cannot be one is forbidden, and takes nothing from the entities beside it', async () => {
  const mine = { __typename: 'CashBalance', accountId: 'acc-1002' };
  for (const id of ['\u0000', 'o\u00001', '', 'x'.repeat(65), null, {}, []]) {
    for (const __typename of ['Order', 'LedgerEntry', 'Account']) {
      const { data, errors } = await ask(ada, { __typename, id }, mine);
      assert.deepEqual(
        errors?.map(({ extensions }) => extensions.code),
        ['FORBIDDEN'],
        `${__typename} ${JSON.stringify(id)}`,
      );
      const found = data?.['_entities'] as unknown[];
      assert.deepEqual([found[0], found[1] !== null], [null, true]);
    }
  }
});

test('commands answer over the network with their outcome, or with code and message', async () => {
  const { orders } = accounts;
  const given = { accountId: 'acc-1003' };
  const tooMany = sell('o9', '1', given);
  assert.deepEqual(await orders.call(reserveForOrder, tooMany), {
    outcome: 'rejected',
    rejection: {
      code: 'INSUFFICIENT_SHARES',
      message: 'The account has fewer shares available than the order sells.',
    },
  });
  assert.deepEqual(await orders.call(releaseReservation, { orderId: 'o9' }), { outcome: 'released' });
  assert.deepEqual(await orders.call(getAvailability, { accountId: 'acc-1003', symbol: 'STARK' }), {
    cash: { amount: '100000.00', currency: 'USD' },
    shares: '40',
  });
});

test('commands are closed to customers', async () => {
  const response = await fetch(`${accounts.url}${releaseReservation.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orderId: 'o1' }),
  });
  assert.equal(response.status, 403);
});
