// The bench of live connections runs from its start to its report, with every contestant, in sizes that measure nothing.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { resultsFolder } from '../results.ts';
import { contestantNames } from './contestants.ts';

const program = fileURLToPath(new URL('./main.ts', import.meta.url));
const tiny = '--connections 20 --rounds 1 --events 2 --rate 20 --seconds 1 --no-write'.split(' ');
/** Some ten seconds of CPU, on a machine that does other things too. */
const runWithinMs = 150_000;

async function run(words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words], {
    timeout: runWithinMs,
    killSignal: 'SIGINT',
  });
  return stdout;
}

/** The rows of a section's table: the name of each and its figures. */
function rowsOf(report: string, section: string): Map<string, string[]> {
  const [, after = ''] = report.split(`## ${section}\n`);
  const lines = after.split('\n## ')[0]?.split('\n') ?? [];
  const cells = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1));
  return new Map(
    cells.slice(2).map(([name = '', ...figures]) => [name.trim(), figures.map((cell) => cell.trim())]),
  );
}

test('a tiny run measures every contestant and writes a report, but none over the published one', async () => {
  const published = new URL('./subscriptions.md', resultsFolder);
  const before = await readFile(published, 'utf8');
  const report = await run(tiny);
  const fanOuts = rowsOf(report, 'One order, followed by all');
  assert.deepEqual([...fanOuts.keys()], [...contestantNames]);
  const commits = rowsOf(report, 'An order of its own for each');
  assert.deepEqual(
    [...commits.keys()],
    contestantNames.filter((name) => name !== 'raw ws'),
  );
  for (const figures of [...fanOuts.values(), ...commits.values()]) {
    assert.ok(figures.length > 0);
    for (const figure of figures) assert.match(figure, /^-?\d/);
  }
  assert.equal(report.match(/^- at .*(reached|missed)/gm)?.length, 2);
  assert.match(report, /^- p99 from commit to subscriber/m);
  assert.equal(await readFile(published, 'utf8'), before);
});

test('a size that no run can have ends it before anything is started', async () => {
  await assert.rejects(run(['--connections', '0', '--no-write']), /connections/);
});
