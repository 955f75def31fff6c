// Two replicas of the ledger on one database, started at the same moment: each gathers batches of its own, and both
// work on the same few accounts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql, type Endpoint, type ServiceClient } from '@simplebank/chassis';
import { postFee, postTrade, releaseReservation, reserveForOrder } from '@simplebank/contracts';
import { testDatabase, testHost } from '@simplebank/testkit';
import type { z } from 'zod';
import { buy, charge, sell, trade } from './ledger.fixture.ts';
import { checkLedger } from './ledger-invariants.ts';
import { start } from './main.ts';

const orders = 150;
/** Two customers, whose orders debit and credit one another's house accounts in both directions. */
const accountIds = ['acc-1001', 'acc-2001'] as const;

const deadlocks = sql(
  'test.deadlocks',
  'select deadlocks::int from pg_stat_database where datname = current_database()',
);
const openings = sql(
  'test.openings',
  `select count(*)::int as transfers, count(distinct id)::int as ids from transfer where kind = 'OPENING'`,
);

test('replicas that work on the same accounts keep every invariant, and no deadlock ever happens', async () => {
  await using database = await testDatabase();
  await using stack = new AsyncDisposableStack();
  const hosts = [1, 2].map(() =>
    stack.use(testHost({ service: 'accounts', databaseUrl: database.url, environment: { SEED_DEMO: '1' } })),
  );
  const services = await Promise.all(hosts.map(({ host }) => start(host)));
  const callers = services.map(({ url }) =>
    stack.use(testHost({ service: 'orders', addresses: { accounts: url } })),
  );
  const [seeded] = await database.db.query<{ transfers: number; ids: number }>(openings);
  assert.ok(seeded !== undefined && seeded.transfers > 0 && seeded.transfers === seeded.ids);

  /** Each command goes to both replicas at once, as when an answer was lost and the repeat went to the other one. */
  async function command<Request extends z.ZodType, Response extends z.ZodType>(
    endpoint: Endpoint<Request, Response>,
    body: z.input<Request>,
    outcome: string,
  ): Promise<void> {
    const send = ({ host: { client } }: { host: { client: ServiceClient } }) => client.call(endpoint, body);
    const answers = (await Promise.all(callers.map(send))) as { outcome: string }[];
    assert.deepEqual(
      answers.map((answer) => answer.outcome),
      [outcome, outcome],
      JSON.stringify(answers),
    );
  }

  await Promise.all(
    Array.from({ length: orders }, async (_, index) => {
      const [orderId, executionId] = [`o${index}`, `e${index}`];
      const of = { accountId: accountIds[index % 2] ?? '' };
      const side = index % 4 < 2 ? 'SELL' : 'BUY';
      const reservation = side === 'SELL' ? sell(orderId, '1', of) : buy(orderId, '10.00', '0.10', of);
      await command(reserveForOrder, reservation, 'reserved');
      await command(postTrade, trade(executionId, orderId, side, '1', '10.00', of), 'posted');
      await command(postFee, charge(executionId, orderId, side, '0.05', of), 'posted');
      await command(releaseReservation, { orderId }, 'released');
    }),
  );
  const findings = await checkLedger(database.db);
  assert.deepEqual(
    findings.filter(({ holds }) => !holds),
    [],
  );

  // What the server counts is complete when the replicas' connections have ended.
  for (const service of services) await service.stop();
  assert.deepEqual(await database.db.query(deadlocks), [{ deadlocks: 0 }]);
  const faults = hosts.flatMap(({ logs }) => logs).filter(({ level }) => level !== 'info');
  assert.deepEqual(faults, []);
});
