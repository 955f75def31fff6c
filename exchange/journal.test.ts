// The journal against what a crash leaves behind: every prefix of the file, and bytes that changed.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openJournal, type OpenedJournal } from './journal.ts';

const open = (dataDir: string): Promise<OpenedJournal<string>> =>
  openJournal<string>({
    dataDir,
    encode: (entries) => JSON.stringify(entries),
    decode: (text) => JSON.parse(text) as string[],
    onFault: (error) => assert.fail(String(error)),
  });

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'exchange-journal-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('what was committed is there again, in order', async (t) => {
  const folder = await temporaryFolder(t);
  const { journal } = await open(folder);
  for (const entry of ['a', 'b']) journal.append(entry);
  await journal.committed();
  journal.append('c');
  await journal.close();
  const again = await open(folder);
  assert.deepEqual(again.entries, ['a', 'b', 'c']);
  await again.journal.close();
});

test('wherever a write was torn, whole turns survive and the next append follows them', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'journal.log');
  const { journal } = await open(folder);
  for (const turn of [
    ['a1', 'a2'],
    ['b1', 'b2'],
  ]) {
    for (const entry of turn) journal.append(entry);
    await journal.committed();
  }
  await journal.close();
  const whole = await readFile(path);
  const seen = new Set<string>();
  for (let length = 0; length <= whole.length; length += 1) {
    await writeFile(path, whole.subarray(0, length));
    const torn = await open(folder);
    seen.add(torn.entries.join());
    torn.journal.append('next');
    await torn.journal.close();
    const after = await open(folder);
    assert.deepEqual(after.entries, [...torn.entries, 'next']);
    assert.equal(after.tornBytes, 0);
    await after.journal.close();
  }
  assert.deepEqual([...seen], ['', 'a1,a2', 'a1,a2,b1,b2']);
});

test('a frame whose bytes changed is cut off with all that follows', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'journal.log');
  const { journal } = await open(folder);
  journal.append('good');
  await journal.close();
  const good = await readFile(path);
  await appendFile(path, Buffer.from(good).fill('x', good.length - 2));
  const again = await open(folder);
  assert.deepEqual(again.entries, ['good']);
  assert.equal(again.tornBytes, good.length);
  await again.journal.close();
});

test('damage larger than any torn write is an error and changes nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'journal.log');
  await writeFile(path, '');
  await truncate(path, 65 * 1024 * 1024);
  await assert.rejects(open(folder), /damaged at byte 0/);
});

test('a rewrite replaces everything and can be appended to', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await open(folder);
  first.journal.append('old');
  await first.journal.close();
  const second = await open(folder);
  await second.journal.rewrite(['kept']);
  second.journal.append('new');
  await second.journal.close();
  const third = await open(folder);
  assert.deepEqual(third.entries, ['kept', 'new']);
  await third.journal.close();
});
