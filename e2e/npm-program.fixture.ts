// Programs of this repository started as a person starts them, by npm in a terminal, and the processes that they
// leave behind.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const pollMs = 20;

/** Who runs the program; undefined is whoever runs the tests. */
export type User = { readonly uid: number; readonly gid: number } | undefined;

export interface NpmProgram {
  /** Standard output and error so far. */
  output(): string;
  /** Exit code, once the program has ended. */
  readonly ended: Promise<number | null>;
  /** Resolves as soon as the output matches; throws when the program ends or the time is over before. */
  untilPrints(pattern: RegExp, withinMs: number): Promise<void>;
  /** What Ctrl-C does in a terminal: SIGINT to all processes of the foreground group. */
  pressCtrlC(): void;
  /** The group's hard end, for a test that failed. */
  kill(): void;
}

export function npm(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  user: User,
): NpmProgram {
  const { NODE_TEST_CONTEXT: _, NODE_COMPILE_CACHE: _ofTheTester, ...inherited } = process.env;
  const child = spawn('npm', words, {
    cwd: root,
    env: { ...inherited, npm_config_update_notifier: 'false', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...user,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  let hasEnded = false;
  const ended = once(child, 'close').then(([code]) => {
    hasEnded = true;
    return code as number | null;
  });
  const signal = (name: NodeJS.Signals) => {
    if (child.pid === undefined) throw new Error('npm did not start');
    process.kill(-child.pid, name);
  };
  return {
    output: () => output,
    ended,
    async untilPrints(pattern, withinMs) {
      await until(withinMs, `${pattern} in the output`, () => {
        if (hasEnded && !pattern.test(output)) throw new Error(`npm ${words.join(' ')} ended:\n${output}`);
        return pattern.test(output);
      });
    },
    pressCtrlC: () => signal('SIGINT'),
    kill() {
      try {
        signal('SIGKILL');
      } catch {
        // The group has ended already.
      }
    },
  };
}

/** Asks again and again, for a bounded time. Returns the milliseconds that it took. */
export async function until(
  withinMs: number,
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<number> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await setTimeout(pollMs);
  }
  return performance.now() - startedAt;
}

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
}

/** Live processes that name the folder in their arguments or their environment. */
export function processesOf(folder: string): FoundProcess[] {
  if (process.platform !== 'linux') return processesByPs(folder);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const command = contentOf(`/proc/${name}/cmdline`);
      const mentions = command.includes(folder) || contentOf(`/proc/${name}/environ`).includes(folder);
      // A zombie has an empty command line and environment.
      return mentions ? [{ pid: Number(name), command: command.replaceAll('\0', ' ').trim() }] : [];
    });
}

function processesByPs(folder: string): FoundProcess[] {
  const lines = execFileSync('ps', ['axeww', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(folder))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, '') }));
}

/** Empty when the process ended meanwhile or belongs to somebody else. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
