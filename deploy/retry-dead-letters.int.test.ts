// The operator's program for dead letters, as a process of its own beside a bank whose consumer could not go on.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { announceBank, createLogger } from '@simplebank/chassis';
import { openPostgresBus, uuidv7, type EventEnvelope } from '@simplebank/events';
import { testDatabase, until } from '@simplebank/testkit';

const program = fileURLToPath(new URL('retry-dead-letters.ts', import.meta.url));
const PROGRAM_TIMEOUT_MS = 20_000;

function run(
  dataDir: string,
  ...words: string[]
): Promise<{ code: unknown; output: string; errors: string }> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, DATA_DIR: dataDir }, timeout: PROGRAM_TIMEOUT_MS };
    execFile(process.execPath, [program, ...words], options, (error, output, errors) =>
      resolve({ code: error === null ? 0 : error.code, output, errors }),
    );
  });
}

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'dead-letters-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function happened(sequence: number): EventEnvelope {
  return {
    id: uuidv7(),
    type: 'OrderCompleted',
    version: 1,
    source: 'orders',
    aggregateId: 'ord-1',
    sequence,
    correlationId: 'correlation',
    causationId: null,
    traceparent: null,
    occurredAt: '2026-01-05T09:30:00.000Z',
    data: {},
  };
}

test('dead letters are listed, and go through again when the operator says so', async () => {
  await using folder = await temporaryFolder();
  await using database = await testDatabase();
  await announceBank(folder.path, {
    serviceTokenSecret: 'secret',
    issuer: 'https://identity.test.example',
    addresses: {},
    databaseUrls: {},
    busUrl: database.url,
    exchangeControlUrl: 'http://127.0.0.1:1',
  });
  await using bus = await openPostgresBus({
    url: database.url,
    log: createLogger({ service: 'bus', level: 'silent' }),
  });
  let mended = false;
  const handled: number[] = [];
  await bus.work({
    group: 'notifications',
    streams: ['orders'],
    attempts: 1,
    async handle({ sequence }) {
      if (!mended) throw new Error('no such\ntemplate');
      handled.push(sequence);
    },
  });
  assert.deepEqual(await run(folder.path), { code: 0, output: 'There are no dead letters.\n', errors: '' });
  await bus.publish('orders', [happened(1), happened(2)]);
  await until('both events to be dead letters', async () => (await bus.deadLetters()).length === 2);

  const listed = await run(folder.path);
  const at = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
  const line = (error: string) => `${at}  notifications  ord-1  OrderCompleted  ${error}\n`;
  assert.match(
    listed.output,
    new RegExp(`^${line('Error: no such template')}${line('its aggregate is parked')}$`),
  );
  assert.equal(listed.code, 0);

  const other = await run(folder.path, 'retry', 'notifications', 'ord-2');
  assert.deepEqual([other.code, other.output], [1, 'notifications has no dead letters of ord-2.\n']);
  mended = true;
  const retried = await run(folder.path, 'retry', 'notifications', 'ord-1');
  assert.match(retried.output, /^notifications tries 2 of ord-1 again/);
  assert.equal(retried.code, 0);
  await until('no dead letters', async () => (await bus.deadLetters()).length === 0);
  assert.deepEqual(handled, [1, 2]);
});

test('words that are no command, and a bank that does not run, are said so', async () => {
  await using folder = await temporaryFolder();
  for (const words of [['retry'], ['retry', 'notifications'], ['forget'], ['retry', 'a', 'b', 'c']]) {
    const { code, errors } = await run(folder.path, ...words);
    assert.equal(code, 2, words.join(' '));
    assert.match(errors, /retry <group> <aggregate id>/);
  }
  const { code, errors } = await run(folder.path);
  assert.equal(code, 2);
  assert.match(errors, /not running/);
});
