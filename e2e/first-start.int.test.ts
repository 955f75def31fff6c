// Two processes of a service that start at the same moment on an empty database: migrations and seeds are applied
// once, and both come up.
import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { demoCustomers } from '@simplebank/contracts';
import { startServiceProcess, testDatabase } from '@simplebank/testkit';
import { services, type ServiceDescription } from '../topology.ts';

const CURSOR_SECRET = 'a secret of this test only, for cursors';
const SESSION_SECRET = 'a secret of this test only, for sessions';
const BFF_WEB_CLIENT_SECRET = 'a secret of this test only, for a client';
/** The private key of RFC 8291's example. */
const VAPID_SECRET = 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw';
const demoAccounts = demoCustomers.flatMap(({ accounts }) => accounts);

/** What each service's database holds after its first start; of the others only that they come up is known. */
const seeds: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  identity: { openid_record: 0 },
  customers: {
    customer: demoCustomers.length,
    account: demoAccounts.length,
    account_grant: demoAccounts.length,
  },
  accounts: {
    // One opening of cash and one of each share.
    transfer: demoAccounts.flatMap(({ shares }) => ['USD', ...Object.keys(shares)]).length,
  },
  market: { instrument: 8, fix_session: 1 },
  orders: { orders: 0, saga: 0 },
  fees: { fee_charge: 0 },
  notifications: { notification: 0 },
  'bff-web': { web_session: 0, web_sign_in: 0, idempotent_mutation: 0 },
  'bff-mobile': { push_subscription: 0, idempotent_mutation: 0 },
};

for (const [name, { main }] of Object.entries<ServiceDescription>(services).filter(
  ([, { database }]) => database,
)) {
  test(`two processes of ${name} that start at once on an empty database set it up once`, async () => {
    await using database = await testDatabase();
    await using bus = await testDatabase();
    await using folder = await mkdtempDisposable(join(tmpdir(), 'first-start-'));
    const start = () =>
      startServiceProcess({
        main: new URL(`../${main}`, import.meta.url),
        service: name,
        serviceTokenSecret: 'a secret of this test only',
        databaseUrl: database.url,
        busUrl: bus.url,
        environment: {
          SEED_DEMO: '1',
          IDENTITY_DATA_DIR: folder.path,
          CURSOR_SECRET,
          SESSION_SECRET,
          BFF_WEB_CLIENT_SECRET,
          VAPID_SECRET,
        },
      });
    await using processes = new AsyncDisposableStack();
    const replicas = await Promise.all([start(), start()]);
    for (const replica of replicas) processes.use(replica);
    for (const { url } of replicas) assert.equal((await fetch(`${url}/readyz`)).status, 200);
    for (const [table, rows] of Object.entries(seeds[name] ?? assert.fail(`${name} has no line above`))) {
      const counted = await database.db.query(
        sql(`test.${table}`, `select count(*)::int as rows from ${table}`),
      );
      assert.deepEqual(counted, [{ rows }], table);
    }
  });
}
