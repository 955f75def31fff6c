// How many are let go at once, for how long it takes, and what they are told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeInBatches } from './close-in-batches.ts';

/** Sizes of the batches, told apart by turns of the event loop; and what each client was told. */
async function closing(clients: number) {
  const batches: number[] = [];
  const retries: number[] = [];
  const closed = new Set<number>();
  let isSameTurn = false;
  const startedAt = performance.now();
  await closeInBatches(
    Array.from({ length: clients }, (_, client) => client),
    (client, retryMs) => {
      if (!isSameTurn) batches.push(0);
      batches.push((batches.pop() ?? 0) + 1);
      isSameTurn = true;
      queueMicrotask(() => (isSameTurn = false));
      retries.push(retryMs);
      closed.add(client);
    },
  );
  return { batches, retries, closed: closed.size, ms: performance.now() - startedAt };
}

test('few clients go in batches of twenty-five with a pause between them, each with a hint of its own', async () => {
  const { batches, retries, closed, ms } = await closing(60);
  assert.deepEqual(batches, [25, 25, 10]);
  assert.equal(closed, 60);
  // Timers may be a millisecond early.
  assert.ok(ms >= 48, `${ms} ms`);
  assert.ok(retries.every((retryMs) => retryMs >= 0 && retryMs < 1_000));
  assert.ok(new Set(retries).size > 10, 'not all at once');
});

test('ten thousand go within four seconds, sixty-three at once', async () => {
  const { batches, closed, ms } = await closing(10_000);
  assert.deepEqual([Math.max(...batches), batches.length, closed], [63, 159, 10_000]);
  assert.ok(ms >= 3_500, `${ms} ms`);
});
