// What the exchange remembers of its FIX session, across restarts and compactions.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openMemory, type Memory } from './memory.ts';

for (const compactAboveBytes of [Infinity, 0]) {
  const how = compactAboveBytes === 0 ? 'compacted at each start' : 'read as it is';
  test(`numbers and reports are there again, ${how}`, async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'exchange-memory-'));
    t.after(() => rm(dataDir, { recursive: true, force: true }));
    const onFault = (error: unknown): never => assert.fail(String(error));
    const reopen = async (before?: Memory): Promise<Memory> => {
      await before?.close();
      return openMemory({ dataDir, newIdPrefix: 'T', onFault, compactAboveBytes });
    };

    let memory = await reopen();
    assert.deepEqual(await memory.sessionStore.load(), { nextIncoming: 1, nextOutgoing: 1 });
    await memory.sessionStore.saveOutgoing(1, 'one');
    await memory.sessionStore.saveOutgoing(2, 'two');
    memory.recordIncoming(7);
    memory = await reopen(memory);
    assert.deepEqual(await memory.sessionStore.load(), { nextIncoming: 8, nextOutgoing: 3 });

    // A quote's number is covered by a reserved block, so after a restart the numbers go on behind the block.
    await memory.sessionStore.saveOutgoing(3, undefined);
    assert.equal(memory.sessionStore.saveOutgoing(4, undefined), undefined);
    memory = await reopen(await reopen(memory));
    const { nextOutgoing } = await memory.sessionStore.load();
    assert.ok(nextOutgoing > 4);
    await memory.sessionStore.saveOutgoing(nextOutgoing, 'three');
    memory = await reopen(memory);
    const stored = await memory.sessionStore.messages(2, nextOutgoing);
    assert.deepEqual(stored, [
      { seq: 2, message: 'two' },
      { seq: nextOutgoing, message: 'three' },
    ]);

    await memory.sessionStore.reset();
    memory = await reopen(memory);
    assert.deepEqual(await memory.sessionStore.load(), { nextIncoming: 1, nextOutgoing: 1 });
    assert.deepEqual(await memory.sessionStore.messages(1, 10_000), []);
    await memory.close();
  });
}
