import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readArguments } from './arguments.ts';

test('without words both wirings are benched', () => {
  const { wirings, rates, findsSaturation } = readArguments([]);
  assert.deepEqual([wirings, rates, findsSaturation], [['embedded', 'services'], [10, 25, 50, 75], true]);
});

test('reads rates in any order, and replicas by service', () => {
  const read = readArguments(
    '--wiring services --rates 50,5 --seconds 3 --replicas orders=2,bff-web=3 --no-saturation'.split(' '),
  );
  assert.deepEqual(read, {
    wirings: ['services'],
    rates: [5, 50],
    seconds: 3,
    seed: 1,
    findsSaturation: false,
    replicas: { orders: 2, 'bff-web': 3 },
  });
});

for (const words of [
  '--wiring cloud',
  '--rates fast',
  '--rates 0',
  '--seconds 9999',
  '--replicas ordres=2',
]) {
  test(`refuses ${words}`, () => assert.throws(() => readArguments(words.split(' '))));
}
