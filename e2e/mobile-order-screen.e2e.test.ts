// The mobile application's order screen: at most half of the web's bytes for the same order at the same moment, and whole
// after the network was away while the order went on. Both BFFs run as in production: published documents only.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { bankClient, until, type BankClient } from '@simplebank/testkit';
import { findRunningBank } from '@simplebank/chassis';
import { cuttableNetwork } from './cuttable-network.fixture.ts';
import { exchangeControl, noFaults, type ExchangeControl } from './exchange-control.ts';
import { completed } from './orders.ts';
import { phone, type OrderNews } from './phone.fixture.ts';
import { documentNamed } from './published-documents.fixture.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

/** At least, and until the order is completed; the full size is 30 s. */
const cutMs = Number(process.env['NETWORK_CUT_MS'] ?? 3_000);
/** The exchange's reports are late, so that the network is cut before the order is filled. */
const reportsLateMs = 1_000;
const mobileShareAtMost = 0.5;

let started: StartedBank;
let exchange: ExchangeControl;
/** Its documents are of no application, so it asks the gateway. */
let inside: BankClient;
before(async () => {
  started = await startedBank({ TRUSTED_DOCUMENTS_ONLY: '1' });
  exchange = exchangeControl((await findRunningBank(started.dataDir))?.exchangeControlUrl ?? '');
  const { token } = await started.client('barbara', 'bff-mobile');
  inside = bankClient({ bffUrl: started.bank.addresses.gateway, token });
});
after(() => started[Symbol.asyncDispose]());

type Bff = 'bff-web' | 'bff-mobile';
type Sent = 'by id' | 'by text';

async function sold(bffUrl: string): Promise<string> {
  const order = { accountId: 'acc-2001', symbol: 'ACME', side: 'SELL', quantity: '10' };
  const input = { clientOrderId: crypto.randomUUID(), order };
  const placed = await phone({ bffUrl, token: inside.token }).ask<{ placeOrder: { order: { id: string } } }>(
    'PlaceOrder',
    { input },
  );
  return placed.placeOrder.order.id;
}

interface Measured {
  readonly request: number;
  readonly response: number;
}

/** Bytes of the bodies; headers are much the same for both. */
async function measured(bff: Bff, sent: Sent, orderId: string): Promise<Measured> {
  const { sha256, text } = documentNamed(bff, 'OrderScreen');
  const document = sent === 'by id' ? { documentId: `sha256:${sha256}` } : { query: text };
  const body = JSON.stringify({ ...document, variables: { id: orderId } });
  const response = await fetch(`${started.bank.addresses[bff]}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${inside.token}` },
    body,
  });
  const answer = await response.text();
  const { data, errors } = JSON.parse(answer) as { data?: { order?: { outcome?: string } }; errors?: object };
  assert.equal(errors, undefined);
  assert.equal(data?.order?.outcome, 'FILLED');
  return { request: Buffer.byteLength(body), response: Buffer.byteLength(answer) };
}

test("the mobile order screen's request and response are at most half of the web's", async (t) => {
  const id = await sold(started.bank.addresses['bff-mobile']);
  await completed(inside, id);
  const measure = async (sent: Sent) => {
    const [web, mobile] = await Promise.all([
      measured('bff-web', sent, id),
      measured('bff-mobile', sent, id),
    ]);
    const share = (part: keyof Measured) => `${part} ${mobile[part]} of ${web[part]} bytes`;
    t.diagnostic(`${sent}: ${share('request')}, ${share('response')}`);
    return { web, mobile };
  };
  // Like with like: the documents themselves, which each application sends where ids are not known.
  const texts = await measure('by text');
  assert.ok(texts.mobile.request <= mobileShareAtMost * texts.web.request);
  assert.ok(texts.mobile.response <= mobileShareAtMost * texts.web.response);
  // An id is as long as any other: with ids both requests are small, and only the answers differ.
  const ids = await measure('by id');
  assert.ok(ids.mobile.request <= ids.web.request);
  assert.ok(ids.mobile.request <= mobileShareAtMost * texts.web.request);
  const total = ({ request, response }: Measured) => request + response;
  assert.ok(total(ids.mobile) <= mobileShareAtMost * total(ids.web));
});

test(`the order screen misses nothing when the network is away for ${cutMs / 1000} s while the order completes`, async (t) => {
  await using network = await cuttableNetwork(started.bank.addresses['bff-mobile']);
  const device = phone({ bffUrl: network.url, token: inside.token });
  await exchange.set({ delayMs: reportsLateMs });
  const id = await sold(network.url);
  const screen = await device.ask<Screen>('OrderScreen', { id });
  assert.equal(screen.order.outcome, null);
  const heard: OrderNews[] = [];
  const unfollow = new AbortController();
  // Also where something below fails, or the phone would try for ever.
  using _ = { [Symbol.dispose]: () => unfollow.abort() };
  const following = device.follow(id, (news) => heard.push(news), unfollow.signal);
  await until('the screen follows the order', () => heard.length > 0);
  network.cut();
  const [cutAt, carriedAtCut] = [performance.now(), { ...network.carried }];
  await completed(inside, id);
  await setTimeout(Math.max(0, cutMs - (performance.now() - cutAt)));
  assert.deepEqual(network.carried, carriedAtCut, 'nothing came through');
  // What had come through before the cut has been read by now.
  const heardAtCut = heard.length;
  network.restore();
  const restoredAt = performance.now();
  const connections = await following;
  t.diagnostic(
    `${heardAtCut} events before the cut, ${heard.length - heardAtCut} after it, all there ${Math.round(performance.now() - restoredAt)} ms after the network; ${connections} connections`,
  );
  await exchange.set(noFaults);
  const { orderUpdates } = await inside.data<Log>(logQuery, { id });
  assert.equal(orderUpdates.at(-1)?.final, true);
  assert.deepEqual(
    heard.map(({ orderUpdated }) => orderUpdated.event.summary),
    orderUpdates.map(({ event }) => event.summary),
  );
  assert.ok(heardAtCut < heard.length);
  assert.ok(connections > 1, 'the old connection was dead');
  const last = heard.at(-1)?.orderUpdated.order;
  const { order } = await device.ask<Screen>('OrderScreen', { id });
  assert.equal(last?.outcome, 'FILLED');
  assert.deepEqual(
    [order.status, order.cumulative, order.outcome],
    [last.status, last.cumulative, last.outcome],
  );
});

const logQuery =
  'query Log($id: ID!) { orderUpdates(orderId: $id, afterSequence: 0, first: 100) { final event { summary } } }';

interface Log {
  readonly orderUpdates: { readonly final: boolean; readonly event: { readonly summary: string } }[];
}

interface Screen {
  readonly order: { readonly status: string; readonly cumulative: string; readonly outcome: string | null };
}
