// A bank that a test may kill, whole or in parts: the same data folder and the same ports after each restart.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findRunningBank, type RunningBank } from '@simplebank/chassis';
import { startRedis } from '@simplebank/testkit';
import { services } from '../topology.ts';
import { wiring as wired } from './wired-bank.fixture.ts';

export type Part = 'bank' | 'postgres' | 'exchange';
type Pids = Readonly<Record<Part, number>>;

export interface KillableBank extends AsyncDisposable {
  readonly dataDir: string;
  /** The same after a restart, since the ports stay. */
  readonly wiring: RunningBank;
  /**
   * kill -9, and the part's restart: the bank's by us, that of Postgres and of the exchange by the bank. Resolves to
   * the wall clock's milliseconds at the kill.
   */
  killAndAwaitRestart(part: Part): Promise<number>;
}

const program = fileURLToPath(new URL('./bank-process.fixture.ts', import.meta.url));
const readyWithinMs = 30_000;
const pollMs = 10;
const stopWithinMs = 15_000;

export async function killableBank(): Promise<KillableBank> {
  const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-crash-'));
  // It is no part of the bank, and lives on when the bank is killed.
  const redis = wired === 'services' ? await startRedis() : undefined;
  let ports: Readonly<Record<string, number>> = Object.fromEntries(
    [...Object.keys(services), 'postgres', 'exchange', 'exchange-control'].map((name) => [name, 0]),
  );
  let child = await launch();

  async function launch() {
    const settings = Object.entries(ports).map(
      ([name, port]) => [`PORT_${name.toUpperCase().replaceAll('-', '_')}`, String(port)] as const,
    );
    const env = {
      ...process.env,
      ...Object.fromEntries(settings),
      DATA_DIR: dataDir,
      KEPT_REDIS_URL: redis?.url,
    };
    const process_ = spawn(process.execPath, [program], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: process_.stdout });
    const launched = { process: process_, lines, ended: once(process_, 'exit') };
    const ready = await nextLine<{ ports: Readonly<Record<string, number>> }>(launched);
    ports = ready.ports;
    return launched;
  }

  async function pids(): Promise<Pids> {
    const answer = nextLine<{ pids: Pids }>(child);
    child.process.stdin.write('\n');
    return (await answer).pids;
  }

  const wiring = await findRunningBank(dataDir);
  if (wiring === undefined) throw new Error('a bank that is ready has written its wiring');
  return {
    dataDir,
    wiring,
    async killAndAwaitRestart(part) {
      const { [part]: killed } = await pids();
      const killedAt = Date.now();
      process.kill(killed, 'SIGKILL');
      if (part === 'bank') {
        await child.ended;
        child = await launch();
        return killedAt;
      }
      const givesUpAt = performance.now() + readyWithinMs;
      while ((await pids())[part] === killed) {
        if (performance.now() > givesUpAt) throw new Error(`the ${part} was not started again`);
        await sleep(pollMs);
      }
      return killedAt;
    },
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(() => child.process.kill('SIGKILL'), stopWithinMs);
      child.process.stdin.end();
      await child.ended;
      clearTimeout(timer);
      await redis?.[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

interface Launched {
  readonly lines: NodeJS.EventEmitter;
  readonly ended: Promise<unknown[]>;
}

async function nextLine<Answer>({ lines, ended }: Launched): Promise<Answer> {
  const signal = AbortSignal.timeout(readyWithinMs);
  const line = once(lines, 'line', { signal });
  const [text] = (await Promise.race([
    line,
    ended.then(([code]) => {
      throw new Error(`the bank ended with ${String(code)}`);
    }),
  ])) as [string];
  return JSON.parse(text) as Answer;
}
