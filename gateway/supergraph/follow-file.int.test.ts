// A file that changes under whoever follows it.
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { followFile } from './follow-file.ts';

const pollMs = 5;

async function followed(changed: (text: string) => Promise<void> = async () => {}) {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'follow-file-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, 'followed');
  await writeFile(path, 'one');
  const told: string[] = [];
  const faults: unknown[] = [];
  const following = opened.use(
    followFile(path, 'one', {
      pollMs,
      async changed(text) {
        told.push(text);
        await changed(text);
      },
      failed: (fault) => faults.push(fault),
    }),
  );
  const open = opened.move();
  return { path, told, faults, following, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

test('tells each new text once, and nothing when the file is written again as it was', async () => {
  await using file = await followed();
  await writeFile(file.path, 'two');
  await until('the change is told', () => file.told.length === 1);
  await writeFile(file.path, 'two');
  await writeFile(`${file.path}.next`, 'three');
  await rename(`${file.path}.next`, file.path);
  await until('the next one is told', () => file.told.length === 2);
  assert.deepEqual(file.told, ['two', 'three']);
  assert.deepEqual(file.faults, []);
});

test('waits until a change has been dealt with before it tells the next, and leaves out what came between', async () => {
  const held = Promise.withResolvers<void>();
  let atOnce = 0;
  let mostAtOnce = 0;
  await using file = await followed(async () => {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    await held.promise;
    atOnce -= 1;
  });
  await writeFile(file.path, 'first');
  await until('the first is told', () => file.told.length === 1);
  await writeFile(file.path, 'between');
  await writeFile(file.path, 'the last one');
  held.resolve();
  await until('the last is told', () => file.told.at(-1) === 'the last one');
  assert.deepEqual(file.told, ['first', 'the last one']);
  assert.equal(mostAtOnce, 1);
});

test('tells that the file is gone, and goes on when it is back', async () => {
  await using file = await followed();
  await rm(file.path);
  await until('it is told', () => file.faults.length > 0);
  await writeFile(file.path, 'back');
  await until('the new text is told', () => file.told.includes('back'));
});

test('goes on after a text that its reader refused', async () => {
  await using file = await followed(async (text) => {
    if (text === 'broken') throw new Error('refused');
  });
  await writeFile(file.path, 'broken');
  await until('the fault is told', () => file.faults.length === 1);
  await writeFile(file.path, 'mended');
  await until('the next is told', () => file.told.includes('mended'));
  assert.equal(file.faults.length, 1);
});

test('tells nothing once it was stopped', async () => {
  await using file = await followed();
  file.following[Symbol.dispose]();
  await writeFile(file.path, 'too late');
  await using other = await followed();
  await writeFile(other.path, 'in time');
  await until('another one is told', () => other.told.length === 1);
  assert.deepEqual(file.told, []);
});
