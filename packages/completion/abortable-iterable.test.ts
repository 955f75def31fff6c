import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { abortableIterable } from './abortable-iterable.ts';

/** Yields 1, then waits until it is aborted. */
function waiting(ended: string[]) {
  return abortableIterable<number>(async function* (signal) {
    try {
      yield 1;
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      ended.push('ended');
    }
  });
}

test('passes on what the generator yields, in order, to its end', async () => {
  const numbers = abortableIterable<number>(async function* () {
    yield 1;
    yield 2;
  });
  assert.deepEqual(await Array.fromAsync(numbers), [1, 2]);
});

test('return ends a generator that waits, and the pending next with it', async () => {
  const ended: string[] = [];
  const iterable = waiting(ended);
  assert.deepEqual(await iterable.next(), { done: false, value: 1 });
  const pending = iterable.next();
  assert.deepEqual(await iterable.return(), { done: true, value: undefined });
  assert.deepEqual(await pending, { done: true, value: undefined });
  assert.deepEqual(ended, ['ended']);
});

test('leaving a loop ends the generator', async () => {
  const ended: string[] = [];
  for await (const _ of waiting(ended)) break;
  assert.deepEqual(ended, ['ended']);
});

test('return before the first next never starts the generator', async () => {
  let isStarted = false;
  const iterable = abortableIterable<number>(async function* () {
    isStarted = true;
    yield 1;
  });
  await iterable.return();
  assert.deepEqual(await iterable.next(), { done: true, value: undefined });
  assert.equal(isStarted, false);
});

test('an error of the generator reaches whoever waits for it', async () => {
  const iterable = abortableIterable<number>(async function* () {
    yield 1;
    throw new Error('broken');
  });
  await iterable.next();
  await assert.rejects(iterable.next(), /broken/);
});

test('a disposal ends it as return does', async () => {
  const ended: string[] = [];
  {
    await using iterable = waiting(ended);
    await iterable.next();
  }
  assert.deepEqual(ended, ['ended']);
});
