// Runs one test file in a process of its own and counts its tests. The spec reporter writes for people; the
// counts come from a reporter for machines (count-reporter.ts), so that no text made for people is parsed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface TestFileRun {
  readonly root: string;
  /** Path from the root. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends the file early, as on Ctrl-C. */
  readonly signal?: AbortSignal;
  readonly onOutput: (text: string) => void;
}

/** One test may take this part of its file's time, so that the test that hangs is named before the file is killed. */
const testShareOfFileTimeout = 0.8;

/** How long the output may lag behind the exit: a process that the file left behind may hold the pipe open. */
const outputLagMs = 1_000;

/** Compiled code of one file serves the next: a start takes a fifth of the time. */
const compileCache = fileURLToPath(new URL('../../node_modules/.cache/node-compile', import.meta.url));

const countReporter = fileURLToPath(new URL('./count-reporter.ts', import.meta.url));

export async function runTestFile(run: TestFileRun): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'simplebank-test-file-'));
  const countsFile = join(folder, 'counts.json');
  try {
    const child = start(run, countsFile);
    const closed = once(child, 'close');
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    await Promise.race([closed, new Promise((done) => setTimeout(done, outputLagMs).unref())]);

    const counts = await readCounts(countsFile);
    if (signal !== null || (exitCode !== 0 && counts.failed === 0)) {
      counts.failed += 1;
      run.onOutput(`\n✖ ${run.file}: ${whyItEnded(exitCode, signal, run.timeoutMs)}\n`);
    }
    return counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function start(run: TestFileRun, countsFile: string) {
  const reporters = [
    ['spec', 'stdout'],
    [countReporter, countsFile],
  ].flatMap(([reporter, to]) => [`--test-reporter=${reporter}`, `--test-reporter-destination=${to}`]);
  const testTimeout = `--test-timeout=${run.timeoutMs * testShareOfFileTimeout}`;
  // NODE_TEST_CONTEXT would make a runner inside a runner write for its parent, not for us.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [testTimeout, ...reporters, run.file], {
    cwd: run.root,
    env: { NODE_COMPILE_CACHE: compileCache, ...inherited, ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: run.timeoutMs,
    killSignal: 'SIGKILL',
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', run.onOutput);
  run.signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return child;
}

function whyItEnded(exitCode: number | null, signal: NodeJS.Signals | null, timeoutMs: number): string {
  if (signal === 'SIGKILL') return `killed, because it had not ended after ${timeoutMs / 1000} s`;
  return signal ? `ended by ${signal}` : `ended with exit code ${exitCode} outside its tests`;
}

/** No file means no count: the process died before its summary. */
async function readCounts(countsFile: string): Promise<Counts> {
  const text = await readFile(countsFile, 'utf8').catch(() => '');
  return text === '' ? { passed: 0, failed: 0, skipped: 0 } : (JSON.parse(text) as Counts);
}
