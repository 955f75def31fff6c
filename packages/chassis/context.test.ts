import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import {
  backgroundContext,
  childTraceparent,
  contextHeaders,
  correlationIdFrom,
  currentContext,
  remainingMs,
  runInContext,
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

test("a child keeps its parent's trace id and flags, with a span id of its own", () => {
  const child = childTraceparent(parent);
  assert.match(child, new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  assert.notEqual(child, parent);
});

for (const broken of [undefined, '', 'nonsense', `01-${traceId}-b7ad6b7169203331-01`, parent.toUpperCase()]) {
  test(`begins a new trace when the parent is ${broken ?? 'missing'}`, () => {
    const child = childTraceparent(broken);
    assert.match(child, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.ok(!child.includes(traceId));
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
    caller: { customerId: 'cus-1', accountIds: new Set(['acc-1']) },
  };
  const headers = runInContext(context, contextHeaders);
  assert.deepEqual(Object.keys(headers).toSorted(), [
    'traceparent',
    'x-correlation-id',
    'x-deadline-ms',
    'x-order-id',
  ]);
  assert.equal(headers['x-correlation-id'], 'a-correlation-id');
  assert.ok(headers['traceparent']?.includes(traceId));
  assert.match(headers['x-deadline-ms'] ?? '', /^\d+$/);
});

test('background work without ids gets new ones, and a null traceparent begins a trace', () => {
  const context = backgroundContext({ traceparent: null });
  assert.match(context.correlationId, /^[0-9a-f-]{36}$/);
  assert.match(context.traceparent, /^00-[0-9a-f]{32}-/);
  assert.equal('orderId' in context, false);
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
