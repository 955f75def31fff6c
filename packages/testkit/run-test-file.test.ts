// The runner of test files must not turn a failing, dying or hanging file into a green one.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runTestFile } from './run-test-file.ts';

async function run(text: string, timeoutMs = 20_000, signal?: AbortSignal) {
  const root = await mkdtemp(join(tmpdir(), 'simplebank-run-test-file-'));
  try {
    const file = 'sample.test.ts';
    await writeFile(join(root, file), `import { test } from 'node:test';\n${text}`);
    let output = '';
    const onOutput = (more: string) => (output += more);
    const counts = await runTestFile({
      root,
      file,
      env: { GIVEN: 'yes' },
      timeoutMs,
      onOutput,
      ...(signal && { signal }),
    });
    return { counts, output };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

test('counts passed, failed and skipped tests, but no suites', async () => {
  const { counts, output } = await run(`
    import { suite } from 'node:test';
    suite('s', () => {
      test('passes', () => {});
      test('fails', () => { throw new Error('wrong balance'); });
      test('is skipped', { skip: true }, () => {});
      test('is to be done', { todo: true }, () => {});
    });`);
  assert.deepEqual(counts, { passed: 1, failed: 1, skipped: 2 });
  assert.match(output, /wrong balance/);
});

test('gives the file its environment', async () => {
  const { counts } = await run(
    `test('sees it', () => { if (process.env.GIVEN !== 'yes') throw new Error(); });`,
  );
  assert.deepEqual(counts, { passed: 1, failed: 0, skipped: 0 });
});

test('counts a file that does not load as failed', async () => {
  const { counts, output } = await run(`throw new Error('no such table');`);
  assert.deepEqual(counts, { passed: 0, failed: 1, skipped: 0 });
  assert.match(output, /no such table/);
});

test('counts a file that exits early as failed, though its tests passed', async () => {
  const { counts } = await run(
    `test('passes', () => {}); process.on('exit', () => { process.exitCode = 3; });`,
  );
  assert.equal(counts.failed, 1);
});

test('kills a file that keeps something open, and says so', async () => {
  const { counts, output } = await run(
    `test('leaves a timer', () => { setInterval(() => {}, 1000); });`,
    1_500,
  );
  assert.equal(counts.failed, 1);
  assert.match(output, /killed, because it had not ended after 1\.5 s/);
});

test('names the test that hangs', async () => {
  const { counts, output } = await run(
    `test('waits for ever', async () => { const t = setInterval(() => {}, 100); try { await new Promise((_, no) => setTimeout(no, 9000).unref()); } finally { clearInterval(t); } });`,
    1_500,
  );
  assert.ok(counts.failed >= 1);
  assert.match(output, /waits for ever/);
});

test('ends a file when it is interrupted', async () => {
  const { counts, output } = await run(`setInterval(() => {}, 1000);`, 20_000, AbortSignal.timeout(500));
  assert.equal(counts.failed, 1);
  assert.match(output, /ended by SIGTERM/);
});
