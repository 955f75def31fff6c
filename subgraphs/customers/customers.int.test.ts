// The customers service over real HTTP and Postgres: what it answers to services, and to whom it shows what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoCustomers, getAccount, getGrants } from '@simplebank/contracts';
import { sql } from '@simplebank/chassis';
import { testSubgraph } from '@simplebank/testkit';
import { start } from './main.ts';
import { seedDemoCustomers } from './seed.ts';

const ada = { customerId: 'cus-ada', accountIds: ['acc-1001', 'acc-1002'] };
const everything = sql(
  'test.everything',
  `select (select json_agg(customer order by id) from customer) as customers,
          (select json_agg(account order by id) from account) as accounts,
          (select json_agg(account_grant order by account_id) from account_grant) as grants`,
);
const open = () => testSubgraph({ service: 'customers', start, environment: { SEED_DEMO: '1' } });

test('seeding a second time changes nothing', async () => {
  await using customers = await open();
  const before = await customers.db.query(everything);
  await seedDemoCustomers(customers.db);
  assert.deepEqual(await customers.db.query(everything), before);
});

test('says which accounts a user may act on, closed ones included', async () => {
  await using customers = await open();
  for (const { id, username, accounts } of demoCustomers) {
    const { grants } = await customers.call(getGrants, { username });
    assert.deepEqual(grants, { customerId: id, accountIds: accounts.map((account) => account.id) });
  }
  assert.deepEqual(await customers.call(getGrants, { username: 'mallory' }), { grants: null });
});

test('says what other services need of an account', async () => {
  await using customers = await open();
  assert.deepEqual(await customers.call(getAccount, { accountId: 'acc-1004' }), {
    account: {
      id: 'acc-1004',
      customerId: 'cus-grace',
      status: 'CLOSED',
      currency: 'USD',
      orderLimit: { amount: '250000.00', currency: 'USD' },
    },
  });
  assert.deepEqual(await customers.call(getAccount, { accountId: 'acc-9999' }), { account: null });
});

test('a customer sees itself and its accounts, with one statement a type', async () => {
  await using customers = await open();
  const before = await customers.metrics.statements();
  const { data, errors } = await customers.ask(
    ada,
    '{ me { id name email accounts { id number status currency orderLimit { amount } customer { id } } } }',
  );
  assert.equal(errors, undefined);
  const account = (id: string, number: string) => ({
    id,
    number,
    status: 'OPEN',
    currency: 'USD',
    orderLimit: { amount: '250000.00' },
    customer: { id: 'cus-ada' },
  });
  assert.deepEqual(data, {
    me: {
      id: 'cus-ada',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      accounts: [account('acc-1001', 'SB-1001'), account('acc-1002', 'SB-1002')],
    },
  });
  assert.equal((await customers.metrics.statements()) - before, 2);
});

for (const [what, caller, query, code] of [
  ["another's account", ada, '{ account(id: "acc-1003") { id } }', 'FORBIDDEN'],
  ['an account that does not exist', ada, '{ account(id: "acc-9999") { id } }', 'FORBIDDEN'],
  ['me without a token', undefined, '{ me { id } }', 'UNAUTHENTICATED'],
  ['an account without a token', undefined, '{ account(id: "acc-1001") { id } }', 'UNAUTHENTICATED'],
] as const) {
  test(`${what} is answered with ${code}`, async () => {
    await using customers = await open();
    const { errors } = await customers.ask(caller, query);
    assert.equal(errors?.[0]?.extensions?.code, code);
  });
}

test("another customer's token opens no entity", async () => {
  await using customers = await open();
  const query = `query ($of: [_Any!]!) {
    _entities(representations: $of) { ... on Customer { id email } ... on Account { id number } }
  }`;
  const of = [
    { __typename: 'Customer', id: 'cus-grace' },
    { __typename: 'Account', id: 'acc-1003' },
    { __typename: 'Account', id: 'acc-1001' },
  ];
  const { data, errors } = await customers.ask(ada, query, { of });
  assert.deepEqual(data, { _entities: [null, null, { id: 'acc-1001', number: 'SB-1001' }] });
  assert.deepEqual(
    errors?.map(({ extensions }) => extensions?.code),
    ['FORBIDDEN', 'FORBIDDEN'],
  );
  const nobody = await customers.ask(undefined, query, { of });
  assert.deepEqual(nobody.data, { _entities: [null, null, null] });
  assert.ok(nobody.errors?.every(({ extensions }) => extensions?.code === 'UNAUTHENTICATED'));
});
