// `simplebank-gateway` as a process of its own, for tests: what it writes, how it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '@simplebank/testkit';

const cliFile = fileURLToPath(new URL('../cli.ts', import.meta.url));

export interface CliOptions {
  readonly command?: string;
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningCli extends AsyncDisposable {
  readonly out: () => string;
  readonly errors: () => string;
  readonly ended: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
  /** The address that it says it listens at. */
  url(): Promise<string>;
}

/** By default the command in this folder, run by the Node that runs the test. */
export function runCli(
  args: readonly string[],
  { command = cliFile, cwd, input, env }: CliOptions = {},
): RunningCli {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: 'pipe',
    // Also what it starts itself must not find an older Node first.
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, ...env },
    ...(cwd !== undefined && { cwd }),
  });
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    out: () => out,
    errors: () => errors,
    ended,
    kill: (signal) => void child.kill(signal),
    async url() {
      await until('it listens or has ended', () => out.includes('"listening"') || child.exitCode !== null);
      const line = out.split('\n').find((text) => text.includes('"listening"'));
      if (line === undefined) throw new Error(`it does not listen: ${errors}`);
      return (JSON.parse(line) as { url: string }).url;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
