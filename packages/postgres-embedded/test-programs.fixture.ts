// What the launcher's tests share: temporary data folders, programs that own a server, and looking at the
// machine's processes.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { commandLineOf } from './process-table.ts';

const PATIENCE_MS = 15_000;

interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** mkdtemp makes it 0700, so that under root every test also shows that a closed folder above does no harm. */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'simplebank-launcher-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      // A watcher that is still cleaning up would write into the folder that is being deleted.
      if (process.platform === 'linux') await until('all is over', () => processesOf(path).length === 0);
      await rm(path, { recursive: true, force: true });
    },
  };
}

interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly answer: { adminUrl: string; adopted: boolean; pid: number; port: number; error?: string };
  kill(): Promise<void>;
}

/** Runs the fixture program until it has answered. */
export async function runProgram(dataDir: string, user?: { uid: number; gid: number }): Promise<Program> {
  const script = fileURLToPath(new URL('start-server.fixture.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { ...user, stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => Promise.reject(new Error('the program ended without an answer'))),
  ])) as [string];
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { child, answer: JSON.parse(line) as Program['answer'], kill, [Symbol.asyncDispose]: kill };
}

export async function query(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Asks again until it holds; returns how long that took. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<number> {
  const start = Date.now();
  while (!(await holds())) {
    if (Date.now() - start > PATIENCE_MS) throw new Error(`still not after ${PATIENCE_MS} ms: ${what}`);
    await sleep(20);
  }
  return Date.now() - start;
}

/** Server and watcher both name the data folder on their command line. Linux only. */
export function processesOf(dataDir: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && commandLineOf(pid).includes(dataDir));
}
