import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseUnavailable, ServiceUnavailable } from '@simplebank/chassis';
import { createGroupCommit, maximumBatch, maximumWaiting } from './group-commit.ts';

interface HeldBatch {
  readonly items: readonly number[];
  readonly release: () => void;
}

/** Executes batches one after the other, each when the test lets it. */
function heldExecution() {
  const batches: HeldBatch[] = [];
  let started = Promise.withResolvers<void>();
  const group = createGroupCommit((items: readonly number[]) => {
    const held = Promise.withResolvers<readonly string[]>();
    batches.push({ items, release: () => held.resolve(items.map((item) => `done ${item}`)) });
    started.resolve();
    return held.promise;
  });
  /** The batch that is under way, or the next one to start. */
  async function next(): Promise<HeldBatch> {
    await started.promise;
    started = Promise.withResolvers();
    const batch = batches.shift();
    assert.ok(batch !== undefined);
    return batch;
  }
  return { group, batches, next };
}

test('an idle queue starts at once; what comes meanwhile is the next batch, in its order', async () => {
  const { group, batches, next } = heldExecution();
  const answers = [1, 2, 3].map((item) => group.submit(item));
  assert.equal(batches.length, 1, 'the first has started before anyone waited');
  const first = await next();
  assert.deepEqual(first.items, [1]);
  first.release();
  const second = await next();
  assert.deepEqual(second.items, [2, 3]);
  second.release();
  assert.deepEqual(await Promise.all(answers), ['done 1', 'done 2', 'done 3']);
});

test('a batch is at most as large as its limit', async () => {
  const sizes: number[] = [];
  const group = createGroupCommit(async (items: readonly number[]) => {
    sizes.push(items.length);
    return items;
  });
  await Promise.all(Array.from({ length: maximumBatch * 2 + 1 }, (_, index) => group.submit(index)));
  assert.deepEqual(sizes, [1, maximumBatch, maximumBatch]);
});

test('more than may wait is refused, and the others are not touched', async () => {
  const { group, next } = heldExecution();
  const accepted = Array.from({ length: 1 + maximumWaiting }, (_, index) => group.submit(index));
  await assert.rejects(group.submit(-1), ServiceUnavailable);
  for (let answered = 0; answered < accepted.length;) {
    const batch = await next();
    batch.release();
    answered += batch.items.length;
  }
  const answers = await Promise.all(accepted);
  assert.deepEqual([answers[0], answers.at(-1)], ['done 0', `done ${maximumWaiting}`]);
});

test('a broken connection is tried again with the same batch', async () => {
  const tried: (readonly number[])[] = [];
  const group = createGroupCommit(async (items: readonly number[]) => {
    tried.push(items);
    if (tried.length < 3) throw new DatabaseUnavailable(new Error('gone'));
    return items;
  });
  assert.equal(await group.submit(7), 7);
  assert.deepEqual(tried, [[7], [7], [7]]);
});

test('a connection that stays broken is told to everyone of the batch, and the queue goes on', async () => {
  let broken = true;
  const group = createGroupCommit(async (items: readonly number[]) => {
    if (broken) throw new DatabaseUnavailable(new Error('gone'));
    return items;
  });
  await assert.rejects(group.submit(1), DatabaseUnavailable);
  broken = false;
  assert.equal(await group.submit(2), 2);
});

test('an item that breaks its batch fails alone', async () => {
  const group = createGroupCommit(async (items: readonly number[]) => {
    if (items.includes(3)) throw new Error('three is a mistake');
    return items;
  });
  const answers = await Promise.allSettled([1, 2, 3, 4].map((item) => group.submit(item)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
});
