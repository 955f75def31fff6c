// One correlation id finds an order's way through the logs of all services; and the logs, which many people read,
// hold nothing that only the customer should know.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { signIn, until, type BankClient } from '@simplebank/testkit';
import { services } from '../topology.ts';
import { send } from './http.fixture.ts';
import { completed, orderSubscription, placeOrder, type PlacedOrder } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

let started: StartedBank;
let client: BankClient;
let mobile: BankClient;
before(async () => {
  started = await startedBank();
  client = await started.client('ada');
  mobile = await started.client('ada', 'bff-mobile');
});
after(() => started[Symbol.asyncDispose]());

interface LogLine {
  readonly time?: unknown;
  readonly level?: unknown;
  readonly service?: unknown;
  readonly correlationId?: unknown;
  readonly orderId?: unknown;
}

/** The whole lines so far; the last one may still be on its way to the disk. */
const logText = () => readFileSync(started.bank.logFile, 'utf8').replace(/[^\n]*$/, '');
const logLines = () => logText().trimEnd().split('\n');

async function placeWith(correlationId: string, side: 'SELL' | 'BUY', by = client): Promise<string> {
  const order = { accountId: 'acc-1001', symbol: 'ACME', side, quantity: '4' };
  const input = { clientOrderId: crypto.randomUUID(), order };
  const headers = { 'x-correlation-id': correlationId };
  const { data, errors } = await by.ask<{ placeOrder: { order: PlacedOrder } }>(
    placeOrder,
    { input },
    headers,
  );
  assert.ok(data, JSON.stringify(errors));
  const { id } = data.placeOrder.order;
  assert.equal((await completed(client, id)).outcome, 'FILLED');
  return id;
}

for (const [side, bff] of [
  ['SELL', 'bff-web'],
  ['BUY', 'bff-web'],
  ['SELL', 'bff-mobile'],
] as const) {
  test(`the correlation id of a ${side} through ${bff} stands in lines of every service that it passes`, async () => {
    const correlationId = `e2e-${crypto.randomUUID()}`;
    const orderId = await placeWith(correlationId, side, bff === 'bff-web' ? client : mobile);
    // Identity is asked for a token before there is an order, and an order comes through one BFF, not the other.
    const notOnTheWay = ['identity', bff === 'bff-web' ? 'bff-mobile' : 'bff-web'];
    const onTheWay = Object.keys(services).filter((name) => !notOnTheWay.includes(name));
    const linesOfOrder = () =>
      logLines()
        .map((line) => JSON.parse(line) as LogLine)
        .filter((line) => line.correlationId === correlationId);
    const missing = () => {
      const found = new Set(linesOfOrder().map(({ service }) => service));
      return onTheWay.filter((name) => !found.has(name));
    };
    // The notification follows the completion by some milliseconds.
    await until('lines of every service have the id', () => missing().length === 0);
    const byOrder = new Set(
      linesOfOrder().flatMap(({ service, orderId: named }) => (named === orderId ? [service] : [])),
    );
    for (const name of ['orders', 'accounts', 'market', 'fees', 'notifications']) {
      assert.ok(byOrder.has(name), `${name} names the order in its lines`);
    }
  });
}

test('an order placed without a correlation id gets one, which the answer tells', async () => {
  const response = await fetch(`${started.bank.addresses['bff-web']}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${client.token}` },
    body: JSON.stringify({ query: '{ me { id } }' }),
  });
  const correlationId = response.headers.get('x-correlation-id') ?? '';
  assert.match(correlationId, /^[\w.-]{8,64}$/);
  await until('the id stands in the log', () => logText().includes(correlationId));
});

test('every line is JSON with time, level and service, and nothing in it is a secret or about a person', async () => {
  const { me } = await client.data<{ me: { name: string; email: string } }>('{ me { name email } }');
  // What usually leaks: refused sign-ins, refused tokens, faulty bodies, sockets.
  const bff = `${started.bank.addresses['bff-web']}/graphql`;
  await assert.rejects(
    signIn({ identityUrl: started.bank.addresses.identity, username: 'ada', password: 'wr0ng-pass' }),
  );
  await send(`${started.bank.addresses.identity}/token`, {
    body: '{"username":"ada","password":"h4lf-a-body',
  });
  await send(bff, { token: `${client.token}x`, body: { query: '{ me { name email } }' } });
  await send(bff, { token: client.token, body: `{"query":"{ me { name } } ${client.token}` });
  await send(bff, { token: client.token, body: { query: `{ me { ${'name '.repeat(5_000)} } }` } });
  const order = await placeWith(`e2e-${crypto.randomUUID()}`, 'SELL');
  for await (const { errors } of client.follow(orderSubscription, { id: order })) assert.ok(!errors);

  const lines = logLines();
  assert.ok(lines.length > 20);
  for (const line of lines) {
    const { time, level, service } = JSON.parse(line) as LogLine;
    assert.ok(!Number.isNaN(Date.parse(String(time))), line);
    assert.match(String(level), /^(debug|info|warn|error|fatal)$/, line);
    assert.equal(typeof service, 'string', line);
  }
  const text = lines.join('\n');
  const { serviceTokenSecret, databaseUrls } = JSON.parse(
    readFileSync(`${started.dataDir}/wiring.json`, 'utf8'),
  ) as { serviceTokenSecret: string; databaseUrls: Record<string, string> };
  const passwords = Object.values(databaseUrls).map((url) => new URL(url).password);
  const secrets = [client.token, serviceTokenSecret, ...passwords, 'wr0ng-pass', 'h4lf-a-body'];
  for (const secret of [...secrets, me.name, me.email]) {
    assert.ok(secret.length > 5 && !text.includes(secret), `the log tells ${secret}`);
  }
  // Any JWT at all, customers' and services' alike, and any user of the bank.
  assert.doesNotMatch(text, /eyJ[\w-]{10,}\.[\w-]{10,}/);
  assert.doesNotMatch(text, /[\w.]+@example\.com|Lovelace|Hopper|Turing/);
});
