// `npm test`: runs the suites in order, one process a test file, and ends with one line that a machine can read.
// `npm test -- unit`, `-- integration`, `-- e2e`, `-- services` picks suites; any other word picks files whose path holds it.
// What a suite needs from the machine (a Postgres, a Redis) is started once for all its files and stopped after them.

import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runTestFile, type Counts } from './run-test-file.ts';
import { redisMissing } from './redis-server.ts';
import { needs, NotOnThisMachine, type Need } from './run-tests-needs.ts';

interface Suite {
  readonly name: string;
  readonly files: string;
  /** Files that the pattern finds but that belong to another suite. */
  readonly except?: RegExp;
  /** What is started before and stopped after. */
  readonly needs: readonly Need[];
  /** What its files find in their environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Why this machine cannot run it at all. */
  readonly missing?: string | false;
  /** Files at once. */
  readonly concurrency: number;
  /** A file that has not ended by then is killed and counts as failed. */
  readonly fileTimeoutMs: number;
}

const suites: readonly Suite[] = [
  {
    name: 'unit',
    files: '**/*.test.ts',
    except: /\.(int|e2e)\.test\.ts$/,
    needs: [],
    concurrency: availableParallelism(),
    fileTimeoutMs: 60_000, // pure and fast: only property tests take seconds
  },
  {
    name: 'integration',
    files: '**/*.int.test.ts',
    needs: ['postgres', 'redis'],
    concurrency: Math.min(2, availableParallelism()), // the database takes a core of its own
    fileTimeoutMs: 180_000, // kills and waits for leases, bounded by seconds each
  },
  {
    name: 'e2e', // the bank in one process, as `npm start` runs it
    files: 'e2e/**/*.e2e.test.ts',
    except: /\/services-[^/]*$/,
    needs: ['chromium'],
    env: { BANK_WIRING: 'embedded' },
    concurrency: 1, // each file starts the whole bank
    fileTimeoutMs: 600_000, // random orders and crash runs; their sizes come from the environment
  },
  {
    name: 'services', // the same journeys, and more, on the bank in many processes
    files: 'e2e/**/*.e2e.test.ts',
    // `npm start` itself; and what is refused by the same code in both, which takes half a minute to ask.
    except: /\/(start|bad-input|scopes)\.e2e\.test\.ts$/,
    needs: ['chromium'],
    env: { BANK_WIRING: 'services' },
    missing: redisMissing,
    concurrency: 1,
    fileTimeoutMs: 600_000,
  },
];

const root = fileURLToPath(new URL('../../', import.meta.url));
const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const leftOut: string[] = [];

const words = process.argv.slice(2);
const names = words.filter((word) => suites.some((suite) => suite.name === word));
const fragments = words.filter((word) => !names.includes(word));

// On Ctrl-C the running files are ended and what was started for them is stopped; the summary still comes.
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

for (const suite of suites) {
  if (interrupted.signal.aborted) {
    leftOut.push(`${suite.name}: interrupted`);
    continue;
  }
  if (suite.missing !== undefined && suite.missing !== false) {
    leftOut.push(`${suite.name}: ${suite.missing}`);
    continue;
  }
  if (names.length > 0 && !names.includes(suite.name)) {
    leftOut.push(`${suite.name}: not asked for`);
    continue;
  }
  const files = filesOf(suite);
  if (files.length === 0) {
    leftOut.push(
      `${suite.name}: no test file${fragments.length > 0 ? ` matches ${fragments.join(', ')}` : ''}`,
    );
    continue;
  }
  await runSuite(suite, files);
}

for (const line of leftOut) console.log(`left out — ${line}`);
const ran = total.passed + total.failed;
if (ran === 0) console.log('no test ran');
process.exitCode = total.failed > 0 || ran === 0 || interrupted.signal.aborted ? 1 : 0;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

function filesOf({ files, except }: Suite): string[] {
  return globSync(files, { cwd: root, exclude: ['**/node_modules/**', '.data/**'] })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !except?.test(file))
    .filter((file) => fragments.length === 0 || fragments.some((fragment) => file.includes(fragment)))
    .toSorted();
}

async function runSuite(suite: Suite, files: readonly string[]): Promise<void> {
  const started = performance.now();
  console.log(`\n=== ${suite.name}: ${files.length} files`);
  await using provided = await provide(suite.needs);
  const waiting = [...files];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      if (interrupted.signal.aborted) return;
      await runFile(suite, file, { ...provided.env, ...suite.env });
    }
  };
  await Promise.all(Array.from({ length: suite.concurrency }, work));
  console.log(`=== ${suite.name}: ${secondsSince(started)}`);
}

/** One file at a time is shown live; of several at once each is shown when it ends, so that they do not mix. */
async function runFile(suite: Suite, file: string, env: Readonly<Record<string, string>>): Promise<void> {
  const started = performance.now();
  const output: string[] = [];
  const isLive = suite.concurrency === 1;
  if (isLive) console.log(`\n${file}`);
  const counts = await runTestFile({
    root,
    file,
    env,
    timeoutMs: suite.fileTimeoutMs,
    signal: interrupted.signal,
    onOutput: (text) => (isLive ? process.stdout.write(text) : output.push(text)),
  });
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  if (isLive) console.log(`${file}: ${secondsSince(started)}`);
  else console.log(`\n${file}: ${secondsSince(started)}\n${output.join('').trimEnd()}`);
}

function secondsSince(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

/** Starts what a suite needs. What this machine cannot give is said, and left to each test to start or skip. */
async function provide(wanted: readonly Need[]) {
  await using stack = new AsyncDisposableStack();
  const env: Record<string, string> = {};
  for (const name of wanted) {
    try {
      const provided = stack.use(await needs[name]());
      Object.assign(env, provided.env);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof NotOnThisMachine) leftOut.push(`${error.suites}: ${reason}`);
      else leftOut.push(`a shared ${name}: ${reason.split('\n')[0]}; each test is left to its own`);
    }
  }
  const moved = stack.move();
  return { env, [Symbol.asyncDispose]: () => moved.disposeAsync() };
}
