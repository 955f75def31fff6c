import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readArguments, requireOpenFiles } from './arguments.ts';

test('the defaults are the sizes of the goals', () => {
  const { connections, commitRate, writes } = readArguments([]);
  assert.deepEqual(
    { connections, commitRate, writes },
    { connections: 10_000, commitRate: 1_000, writes: true },
  );
});

test('a trial has its own sizes and writes nothing', () => {
  const { connections, writes } = readArguments(['--connections', '50', '--no-write']);
  assert.deepEqual({ connections, writes }, { connections: 50, writes: false });
});

test('more connections than one address has ports are refused', () => {
  assert.throws(() => readArguments(['--connections', '60000']));
});

test('too low a limit of open files is told with what to do', () => {
  const limits =
    'Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 4096                 files\n';
  assert.throws(() => requireOpenFiles(limits, 10_000), /may have 1024: ulimit -n 10200/);
  assert.doesNotThrow(() => requireOpenFiles(limits, 800));
});
