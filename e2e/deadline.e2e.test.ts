// The deadline of a client ends all work for it: while the tables of orders are locked its statement waits there, and a
// moment after the answer no statement of it is left. What a mutation was about to do is not done later either.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { until, type BankClient } from '@simplebank/testkit';
import { lockTables } from './locked-database.fixture.ts';
import { placeOrder } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

const deadlineMs = 600;
/** What ends so much later has not kept the deadline, however busy the machine is; a statement's own limit is 5 s. */
const mostLateMs = 1_500;

let started: StartedBank;
let observer: pg.Client;
before(async () => {
  started = await startedBank();
  observer = new pg.Client({ connectionString: started.bank.databaseUrls['orders'] });
  await observer.connect();
});
after(async () => {
  await observer.end();
  await started[Symbol.asyncDispose]();
});

const accountId = 'acc-2001';
const ordersOf = '{ me { accounts { orders(first: 5) { nodes { clientOrderId } } } } }';
const input = { clientOrderId: 'too-late', order: { accountId, symbol: 'ACME', side: 'BUY', quantity: '1' } };

const requests: readonly (readonly [
  what: string,
  statement: string,
  ask: (client: BankClient) => Promise<unknown>,
])[] = [
  ['query', '%account_id = %order by%', (client) => client.ask(ordersOf, {}, headers)],
  ['mutation', '%client_order_id = %', (client) => client.ask(placeOrder, { input }, headers)],
];
const headers = { 'x-deadline-ms': String(deadlineMs) };

/** Statements like it that run in orders' database or wait there; background work has others. */
async function running(statement: string): Promise<number> {
  const { rows } = await observer.query(
    `select pid from pg_stat_activity
     where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and query like $1`,
    [statement],
  );
  return rows.length;
}

for (const [what, statement, ask] of requests) {
  test(`nothing is left of a ${what} once its deadline is over`, async () => {
    const client = await started.client('barbara', 'bff-mobile');
    await client.data('{ me { name } }');
    await using _locked = await lockTables(started.bank.databaseUrls['orders'] ?? '');
    const startedAt = performance.now();
    const asking = ask(client);
    await until('its statement waits in the database', async () => (await running(statement)) === 1);
    const answer = JSON.stringify(await asking);
    assert.match(answer, /"DEADLINE_EXCEEDED"/);
    await until('its statement is gone', async () => (await running(statement)) === 0);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < deadlineMs + mostLateMs, `it took ${tookMs} ms`);
  });
}

test('a mutation that was too late has left nothing', async () => {
  const client = await started.client('barbara', 'bff-mobile');
  assert.doesNotMatch(JSON.stringify(await client.data(ordersOf)), /too-late/);
});
