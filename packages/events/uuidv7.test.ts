// Ids are version 7, carry the time, and rise within a process whatever the clock does.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { uuidv7 } from './uuidv7.ts';

const timeOf = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
/** Later than the real clock, so that other ids of this process do not matter. */
const FUTURE_MS = 4_000_000_000_000;

test('has the form of a version 7 id and carries the time', () => {
  const id = uuidv7(FUTURE_MS);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(timeOf(id), FUTURE_MS);
});

test('rises when the clock stands still, goes back or jumps', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 }), { minLength: 2, maxLength: 200 }), (offsets) => {
      const ids = offsets.map((offset) => uuidv7(FUTURE_MS + offset));
      assert.deepEqual(ids, ids.toSorted());
      assert.equal(new Set(ids).size, ids.length);
    }),
  );
});

test('goes into the next millisecond when one holds no more ids', () => {
  const now = FUTURE_MS + 1_000_000;
  const ids = Array.from({ length: 10_000 }, () => uuidv7(now));
  assert.deepEqual(ids, ids.toSorted());
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(timeOf(ids.at(-1) ?? '') > now);
});
