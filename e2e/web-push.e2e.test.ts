// A phone without a socket hears of its orders' ends by Web Push, from a push service that the test runs; one that had the
// end over its socket is left alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDatabase, sql, type Database } from '@simplebank/chassis';
import {
  testPushService,
  until,
  type BankClient,
  type TestDevice,
  type TestPushService,
} from '@simplebank/testkit';
import { completed, orderSubscription, place, type OrderPayload } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

/** Long enough for an event to reach a socket and for the answer, on a busy machine too. */
const graceMs = 3_000;
const allDue = sql('test.all-due', 'select id from due_push');
const order = { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '3' } as const;

let service: TestPushService;
let started: StartedBank;
let database: Database;
before(async () => {
  service = await testPushService();
  started = await startedBank({ PUSH_SERVICES: service.origin, PUSH_GRACE_MS: String(graceMs) });
  database = openDatabase({ url: started.bank.databaseUrls['bff-mobile'] ?? '', service: 'web-push-test' });
});
after(async () => {
  await database.close();
  await started[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

/** As the application does it when it starts. */
async function registered({ token }: BankClient): Promise<TestDevice> {
  const url = `${started.bank.addresses['bff-mobile']}/devices/push`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const key = (await (await fetch(`${url}/key`, { headers })).json()) as { publicKey: string };
  const device = service.device(key.publicKey);
  const { status } = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(device.subscription),
  });
  assert.equal(status, 201);
  return device;
}

const messagesOf = ({ pushes }: TestDevice) =>
  pushes.map(({ text }) => JSON.parse(text) as { orderId: string; cursor: string });

test('the end of an order that no socket followed is pushed, and its cursor resumes at the end', async () => {
  const client = await started.client('ada', 'bff-mobile');
  const phone = await registered(client);
  const { id } = await place(client, order);
  await completed(client, id);
  await until('it is pushed', () => phone.pushes.length === 1);
  const [message] = messagesOf(phone);
  assert.deepEqual(Object.keys(message ?? {}), ['orderId', 'cursor']);
  assert.equal(message?.orderId, id);
  const seen = await Array.fromAsync(client.follow<OrderPayload>(orderSubscription, { id, after: '0' }));
  assert.equal(seen.at(-1)?.data?.orderUpdated.event.type, 'ORDER_COMPLETED');
  assert.equal(seen.at(-1)?.extensions?.cursor, message.cursor, 'the same event has the same cursor');
  const rest = await Array.fromAsync(
    client.follow<OrderPayload>(orderSubscription, { id, after: message.cursor }),
  );
  assert.deepEqual(rest, [], 'nothing comes after it');
  assert.deepEqual(service.faults, []);
});

test('the end that a live socket took is not pushed, the next one is', async () => {
  const client = await started.client('grace', 'bff-mobile');
  const phone = await registered(client);
  const grace = { ...order, accountId: 'acc-1003', symbol: 'HOOLI' };
  const followed = await place(client, grace);
  await Array.fromAsync(client.follow(orderSubscription, { id: followed.id, after: '0' }));
  const unseen = await place(client, grace);
  await until('the next one is pushed', () => phone.pushes.length > 0);
  await until('nothing is due any more', async () => (await database.query(allDue)).length === 0);
  assert.deepEqual(
    messagesOf(phone).map(({ orderId }) => orderId),
    [unseen.id],
  );
});
