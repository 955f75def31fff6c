import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childTraceparent, readTraceparent } from './traceparent.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const parent = `00-${traceId}-${spanId}-00`;

test("a child keeps its parent's trace id and flags, with a span id of its own", () => {
  const child = childTraceparent(parent);
  assert.match(child, new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  assert.notEqual(child, parent);
});

test('reads ids and whether the trace is recorded, which is one bit of the flags', () => {
  assert.deepEqual(readTraceparent(parent), { traceId, spanId, sampled: false });
  for (const flags of ['01', '03', 'ff']) {
    assert.equal(readTraceparent(`00-${traceId}-${spanId}-${flags}`)?.sampled, true, flags);
  }
  assert.equal(readTraceparent(`00-${traceId}-${spanId}-02`)?.sampled, false);
});

for (const broken of [
  undefined,
  '',
  'nonsense',
  `01-${traceId}-${spanId}-01`,
  parent.toUpperCase(),
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `${parent}-more`,
]) {
  test(`begins a new trace when the parent is ${broken ?? 'missing'}`, () => {
    assert.equal(readTraceparent(broken), undefined);
    const child = childTraceparent(broken);
    assert.match(child, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.ok(!child.includes(traceId));
  });
}
