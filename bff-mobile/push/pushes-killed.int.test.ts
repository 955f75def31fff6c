// A push is never lost: processes of the mobile BFF are killed with -9 between the order's end and its push.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { busOf } from '@simplebank/events';
import {
  startServiceProcess,
  testDatabase,
  testHost,
  testIdentity,
  testPushService,
  until,
  type TestDevice,
} from '@simplebank/testkit';
import { completed, cursorSecret, newVapidSecret } from './mobile-bff.fixture.ts';
import { vapidKeysOf } from './vapid.ts';

const attemptsMade = sql('test.attempts', 'select attempts from due_push');
const endLeases = sql('test.end-leases', 'update due_push set due_at = now()');

async function killableBff(graceMs: number) {
  await using started = new AsyncDisposableStack();
  const service = started.use(await testPushService());
  const database = started.use(await testDatabase());
  const busDatabase = started.use(await testDatabase());
  const identity = started.use(await testIdentity());
  const { host } = started.use(testHost({ service: 'orders', busUrl: busDatabase.url }));
  // What the host opens ends when it has served.
  await host.serveHttp(() => undefined);
  const bus = await busOf(host);
  const vapidSecret = newVapidSecret();
  const processes = started.use(new AsyncDisposableStack());
  const start = async () =>
    processes.use(
      await startServiceProcess({
        main: new URL('../main.ts', import.meta.url),
        service: 'bff-mobile',
        serviceTokenSecret: 'a secret of this test only',
        issuer: identity.issuer,
        addresses: { identity: identity.address },
        databaseUrl: database.url,
        busUrl: busDatabase.url,
        environment: {
          CURSOR_SECRET: cursorSecret,
          VAPID_SECRET: vapidSecret,
          PUSH_SERVICES: service.origin,
          PUSH_GRACE_MS: String(graceMs),
        },
      }),
    );
  const first = await start();
  const phone = service.device(vapidKeysOf(vapidSecret).publicKey);
  const token = identity.tokenFor({ customerId: 'cus-ada', accountIds: [] });
  const { status } = await fetch(`${first.url}/devices/push`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(phone.subscription),
  });
  assert.equal(status, 201);
  const whole = started.move();
  return {
    service,
    phone,
    bus,
    first,
    start,
    db: database.db,
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

const orderOf = ({ pushes: [push] }: TestDevice) =>
  (JSON.parse(push?.text ?? '{}') as { orderId?: string }).orderId;

test('a push that was due when its process was killed is sent by the next one', async () => {
  await using bank = await killableBff(2_000);
  await bank.bus.publish('orders', [completed('ord-1', 'cus-ada')]);
  await until('it is due', async () => (await bank.db.query(attemptsMade)).length === 1);
  await bank.first.kill();
  assert.deepEqual(bank.phone.answers, []);
  await bank.start();
  await until('it is pushed', () => bank.phone.pushes.length === 1);
  assert.deepEqual([orderOf(bank.phone), bank.service.faults], ['ord-1', []]);
});

test('a push that was being sent when its process was killed is sent again by another one', async () => {
  await using bank = await killableBff(1);
  bank.phone.answerNext('silent');
  await bank.bus.publish('orders', [completed('ord-1', 'cus-ada')]);
  await until('it is being sent', () => bank.phone.answers.length === 1);
  await bank.first.kill();
  assert.deepEqual(await bank.db.query(attemptsMade), [{ attempts: 1 }]);
  // Nobody waits here for the half minute after which the killed process's claim has run out.
  await bank.db.query(endLeases);
  await bank.start();
  await until('it is pushed', () => bank.phone.pushes.length === 1);
  assert.equal(orderOf(bank.phone), 'ord-1');
  await until('nothing is due any more', async () => (await bank.db.query(attemptsMade)).length === 0);
});
