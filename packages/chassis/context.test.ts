import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import {
  backgroundContext,
  contextHeaders,
  correlationIdFrom,
  currentContext,
  remainingMs,
  runInContext,
  traceparentWithin,
} from './context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parent = `00-${traceId}-b7ad6b7169203331-00`;
const base = { correlationId: 'a-correlation-id', traceparent: parent };

for (const id of ['12345678', 'Order.42_a-b', 'x'.repeat(64)]) {
  test(`keeps the client's correlation id ${id.slice(0, 20)}`, () => assert.equal(correlationIdFrom(id), id));
}

for (const id of [
  undefined,
  '',
  '1234567',
  'x'.repeat(65),
  'with space',
  'new\nline-here',
  ['a', 'b'],
  'ünïcödé!',
]) {
  test(`replaces ${JSON.stringify(id)?.slice(0, 20)}, which is no correlation id`, () => {
    const made = correlationIdFrom(id);
    assert.notEqual(made, id);
    assert.match(made, /^[0-9a-f-]{36}$/);
  });
}

test('has no remaining time without a deadline, and never less than none', () => {
  assert.equal(remainingMs(), undefined);
  runInContext(base, () => assert.equal(remainingMs(), undefined));
  runInContext({ ...base, deadlineAt: performance.now() - 50 }, () => assert.equal(remainingMs(), 0));
  runInContext({ ...base, deadlineAt: performance.now() + 60_000 }, () => {
    const left = remainingMs() ?? 0;
    assert.ok(left > 59_000 && left <= 60_000, String(left));
    assert.ok(Number.isInteger(left));
  });
});

test('sends no headers outside of any work', () => assert.deepEqual(contextHeaders(), {}));

test('sends correlation id, trace, deadline and order id to the next hop, and never the caller', () => {
  const context = {
    ...base,
    orderId: 'ord-1',
    deadlineAt: performance.now() + 1000,
    authorization: 'Bearer secret',
    caller: {
      customerId: 'cus-1',
      accountIds: new Set(['acc-1']),
      scopes: new Set(['orders:read']),
      expiresAtMs: Date.now() + 1000,
    },
  };
  const headers = runInContext(context, contextHeaders);
  assert.deepEqual(Object.keys(headers).toSorted(), [
    'traceparent',
    'x-correlation-id',
    'x-deadline-ms',
    'x-order-id',
  ]);
  assert.equal(headers['x-correlation-id'], 'a-correlation-id');
  assert.equal(headers['traceparent'], parent, 'the next hop is a child of this work');
  assert.match(headers['x-deadline-ms'] ?? '', /^\d+$/);
});

test('background work without ids gets new ones, and a null traceparent begins a trace', () => {
  const context = backgroundContext({ traceparent: null });
  assert.match(context.correlationId, /^[0-9a-f-]{36}$/);
  assert.match(context.traceparent, /^00-[0-9a-f]{32}-/);
  assert.equal(context.isRoot, true);
  assert.equal('orderId' in context, false);
});

test('background work belongs to the span that set it off; what is no traceparent begins a trace', () => {
  const { traceparent, isRoot } = backgroundContext({ traceparent: parent });
  assert.deepEqual({ traceparent, isRoot }, { traceparent: parent, isRoot: undefined });
  const broken = backgroundContext({ traceparent: 'nonsense' });
  assert.equal(broken.isRoot, true);
  assert.match(broken.traceparent, /^00-[0-9a-f]{32}-/);
});

test("a story's next part belongs to the current span of its trace, and to its beginning in any other trace", () => {
  const later = `00-${traceId}-00f067aa0ba902b7-00`;
  const other = `00-${'a'.repeat(32)}-00f067aa0ba902b7-00`;
  const withinStory = (traceparent: string) =>
    runInContext({ ...base, traceparent }, () => traceparentWithin(parent));
  assert.equal(withinStory(later), later);
  assert.equal(withinStory(other), parent);
  assert.equal(traceparentWithin(parent), parent, 'outside of any work');
});

test('work that runs at the same time keeps its own context', async () => {
  const seen = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      runInContext({ ...base, correlationId: `correlation-${index}` }, async () => {
        for (let step = 0; step < 3; step += 1) await turn();
        return currentContext()?.correlationId;
      }),
    ),
  );
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, index) => `correlation-${index}`),
  );
});
