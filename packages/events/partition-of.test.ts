// The partition of an aggregate is part of the wire format: these values must never change.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import fc from 'fast-check';
import { partitionOf } from './partition-of.ts';
import { uuidv7 } from './uuidv7.ts';

test('known aggregates stay in their partitions', () => {
  const known = ['', 'a', 'account-1', '01890a5d-ac96-774b-bcce-b302099a8057'].map((id) =>
    partitionOf(id, 8),
  );
  assert.deepEqual(known, [1, 7, 0, 3]);
});

test('is always one of the partitions', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (aggregateId, partitions) => {
      const partition = partitionOf(aggregateId, partitions);
      assert.ok(Number.isInteger(partition) && partition >= 0 && partition < partitions);
    }),
  );
});

test('spreads ids evenly that were made one after the other', () => {
  const counts = Array.from({ length: 8 }, () => 0);
  for (let n = 0; n < 8_000; n += 1) {
    const partition = partitionOf(uuidv7(), 8);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  for (const count of counts) assert.ok(count > 800 && count < 1_200, `uneven: ${counts.join(' ')}`);
});
