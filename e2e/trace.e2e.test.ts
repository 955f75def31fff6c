// One trace follows an order through the bank: from the client's request through the BFF, the gateway and the saga's
// steps to every service on the way, over the bus, and out to the exchange and back.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  otlpCollector,
  until,
  type BankClient,
  type CollectedSpan,
  type OtlpCollector,
} from '@simplebank/testkit';
import { orderSubscription, placeOrder, type OrderPayload, type PlacedOrder } from './orders.ts';
import { startedBank } from './started-bank.fixture.ts';

const running = new AsyncDisposableStack();
let collector: OtlpCollector;
let client: BankClient;
before(async () => {
  collector = running.use(await otlpCollector());
  const started = running.use(await startedBank({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }));
  client = await started.client('ada');
});
after(() => running.disposeAsync());

/** Services on a sell's way, each with one of its spans: its part in the story. */
const onTheWay = [
  ['bff-web', 'POST /graphql'],
  ['gateway', 'POST /graphql'],
  ['orders', 'POST /graphql'],
  ['orders', 'place order: reserve'],
  ['orders', 'publish orders'],
  ['accounts', 'POST /internal/reserve'],
  ['market', 'POST /internal/route'],
  ['market', 'send exchange'],
  ['market', 'process exchange'],
  ['market', 'publish market'],
  ['orders', 'process market'],
  ['fees', 'POST /internal/charge'],
  ['accounts', 'POST /internal/post-trade'],
  ['orders', 'place order: complete'],
  ['notifications', 'process orders'],
] as const;

/** A client's own span, which it exports elsewhere. */
const newClientSpan = () => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
});

/** Places a sell under the client's span and follows it to its end. */
async function sell(parent: { traceId: string; spanId: string }): Promise<string> {
  const order = { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '4' };
  const { data, errors } = await client.ask<{ placeOrder: { order: PlacedOrder } }>(
    placeOrder,
    { input: { clientOrderId: crypto.randomUUID(), order } },
    { traceparent: `00-${parent.traceId}-${parent.spanId}-01` },
  );
  assert.ok(data, JSON.stringify(errors));
  const { id } = data.placeOrder.order;
  let last: string | undefined;
  for await (const payload of client.follow<OrderPayload>(orderSubscription, { id })) {
    last = payload.data?.orderUpdated.event.type;
  }
  assert.equal(last, 'ORDER_COMPLETED');
  return id;
}

const spansOf = (traceId: string) => collector.spans().filter((span) => span.traceId === traceId);

/** Spans whose parent is not there. */
function orphans(spans: readonly CollectedSpan[], rootId: string): CollectedSpan[] {
  const known = new Set([rootId, ...spans.map(({ spanId }) => spanId)]);
  return spans.filter(({ parentSpanId = '' }) => !known.has(parentSpanId));
}

function missing(spans: readonly CollectedSpan[]): string[] {
  const found = new Set(spans.map(({ service, name }) => `${service}: ${name}`));
  return onTheWay.map((part) => part.join(': ')).filter((part) => !found.has(part));
}

/** A line for each span, with the milliseconds from the beginning of the trace. */
function drawn(spans: readonly CollectedSpan[], parentId: string, depth = 0): string[] {
  const beginning = spans[0]?.startedAtMs ?? 0;
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parentId)
    .flatMap(({ spanId, service, kind, name, startedAtMs, durationMs, failed }) => [
      `${'  '.repeat(depth)}${service} ${kind} "${name}" at ${(startedAtMs - beginning).toFixed(0)} ms ` +
        `for ${durationMs.toFixed(1)} ms${failed ? ', failed' : ''}`,
      ...drawn(spans, spanId, depth + 1),
    ]);
}

test('a sell is one trace from the BFF to the notification, each span below another of it', async (t) => {
  const parent = newClientSpan();
  const orderId = await sell(parent);
  const story = () => spansOf(parent.traceId);
  // Each service sends its spans by itself, about a second after they have ended.
  await until('the whole trace has arrived', () => missing(story()).length === 0).catch(() => undefined);
  await until('every parent has arrived', () => orphans(story(), parent.spanId).length === 0).catch(
    () => undefined,
  );
  const spans = story();
  for (const line of drawn(spans, parent.spanId)) t.diagnostic(line);
  assert.deepEqual(missing(spans), []);
  assert.deepEqual(orphans(spans, parent.spanId), []);
  const [root, ...others] = spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  assert.deepEqual([root?.service, root?.kind, others], ['bff-web', 'server', []]);
  // A try of a step may have failed, as when a replica that has just started knows no quotes yet.
  for (const { failed, attributes } of spans) {
    if (failed) assert.match(String(attributes['error.type']), /^\w+$/, 'a code, never a message');
  }
  for (const { service, name, attributes } of spans) {
    const named = attributes['simplebank.order_id'];
    assert.ok(named === undefined || named === orderId, `${service}: ${name} names another order`);
  }
});

test('the read that brings the completion to the subscriber is a short trace of its own, linked to the order', async () => {
  const parent = newClientSpan();
  await sell(parent);
  const linked = () =>
    collector.spans().filter(({ links }) => links.some(({ traceId }) => traceId === parent.traceId));
  await until('a linked read has arrived', () => linked().length > 0);
  for (const read of linked()) {
    assert.deepEqual(
      [read.service, read.name, read.parentSpanId],
      ['bff-web', 'live orderUpdated', undefined],
    );
    assert.notEqual(read.traceId, parent.traceId);
  }
  const [read] = linked();
  await until('the read goes on at the gateway and at orders', () => {
    const services = new Set(spansOf(read?.traceId ?? '').map(({ service }) => service));
    return services.has('gateway') && services.has('orders');
  });
});

test('nothing in a span is a secret or about a person, and a GraphQL document never leaves', async () => {
  const { me } = await client.data<{ me: { name: string; email: string } }>('query Me { me { name email } }');
  const named = () =>
    collector.spans().some(({ attributes }) => attributes['graphql.operation.name'] === 'Me');
  await until('the query has arrived', named);
  const told = collector.bodies().join('\n');
  for (const secret of [client.token, me.name, me.email, 'placeOrder(input', 'acc-1001']) {
    assert.ok(!told.includes(secret), `a span tells ${secret}`);
  }
  assert.doesNotMatch(told, /eyJ[\w-]{10,}\.[\w-]{10,}/);
});
