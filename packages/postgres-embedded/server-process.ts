// The server's process: how it is started, when it is ready, what its pid file says, and how it ends.
// The pid file (postmaster.pid) is the server's own account of itself; its lines are fixed by PostgreSQL.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { openLog, type DataFolder } from './data-folder.ts';
import { commandLineOf, isAlive, workingFolderOf } from './process-table.ts';
import { PostgresError } from './postgres-error.ts';
import { reachFor, serverEnvironment } from './server-reach.ts';
import type { ServerUser } from './server-user.ts';

/** Recovery after a crash replays at most max_wal_size (1 GB) of log; slow disks take tens of seconds. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
/** How much of the server's log goes into an error message. */
const MAX_LOG_EXCERPT_BYTES = 4_000;

/** Why each setting: see README.md. Everything else is PostgreSQL's default (fsync, synchronous_commit on). */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  jit: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
  ...(process.platform === 'linux' && { recovery_init_sync_method: 'syncfs' }),
  timezone: 'UTC',
  log_timezone: 'UTC',
};

interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly status: string;
}

/** https://www.postgresql.org/docs/18/storage-file-layout.html: line 1 the pid, 4 the port, 8 the status. */
function readPidFile(folder: DataFolder): PidFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(pidFilePath(folder), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() };
}

/**
 * Removes a pid file whose pid now belongs to another program, which the server would take for another server.
 * A dead pid it sorts out by itself. Only for the holder of the data folder's lock.
 */
export function removeMistakenPidFile(folder: DataFolder): void {
  const file = readPidFile(folder);
  if (file !== undefined && isAlive(file.pid) && !isServerOf(folder, file.pid)) rmSync(pidFilePath(folder));
}

function pidFilePath(folder: DataFolder): string {
  return join(folder.cluster, 'postmaster.pid');
}

/** The live server of this folder, if any: the pid alone proves nothing, since pids are used again. */
export function findServer(folder: DataFolder): PidFile | undefined {
  const file = readPidFile(folder);
  if (file === undefined || !isAlive(file.pid)) return undefined;
  return isServerOf(folder, file.pid) ? file : undefined;
}

/** A server names its folder on its command line and works inside it, also when the folder was moved since. */
function isServerOf(folder: DataFolder, pid: number): boolean {
  return commandLineOf(pid).includes(markOf(folder)) || workingFolderOf(pid) === folder.cluster;
}

/** PostgreSQL accepts any setting with a prefix; it makes the server's command line name its folder. */
function markOf(folder: DataFolder): string {
  return `simplebank.data_folder=${folder.path}`;
}

export function spawnServer(
  folder: DataFolder,
  binaries: Binaries,
  user: ServerUser | undefined,
  port: number,
  settings: Readonly<Record<string, string>>,
): ChildProcess {
  const reach = reachFor([folder.cluster], user);
  const log = openLog(folder, user);
  try {
    const flags = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const child = spawn(
      binaries.postgres,
      ['-D', String(reach.paths[0]), '-p', String(port), ...flags, '-c', markOf(folder)],
      {
        ...user,
        cwd: '/',
        env: serverEnvironment(),
        // A session of its own: Ctrl-C in the terminal must reach us only, or the server would stop first.
        detached: true,
        stdio: ['ignore', log, log, ...reach.handles],
      },
    );
    child.unref();
    return child;
  } finally {
    for (const handle of [log, ...reach.handles]) closeSync(handle);
  }
}

/** Resolves when the server takes connections; throws with the end of its log when it ends before that. */
export async function untilReady(folder: DataFolder, child: ChildProcess): Promise<void> {
  const ended = Promise.withResolvers<never>();
  const fail = (what: string, cause?: Error): void =>
    ended.reject(new PostgresError('POSTGRES_START_FAILED', `${what}\n${logExcerpt(folder)}`, { cause }));
  const onError = (error: Error): void => fail(`PostgreSQL could not be started: ${error.message}`, error);
  const onExit = (code: number | null): void => fail(`PostgreSQL ended at its start with code ${code}`);
  child.once('error', onError).once('exit', onExit);
  try {
    await Promise.race([ended.promise, ready(folder, child)]);
  } finally {
    child.off('error', onError).off('exit', onExit);
  }
}

async function ready(folder: DataFolder, child: ChildProcess): Promise<void> {
  for (const end = Date.now() + READY_TIMEOUT_MS; Date.now() < end; await sleep(POLL_MS)) {
    if (child.exitCode !== null || child.signalCode !== null) return; // The exit handler reports it.
    const file = readPidFile(folder);
    if (file !== undefined && file.pid === child.pid && file.status === 'ready') return;
  }
  throw new PostgresError(
    'POSTGRES_START_FAILED',
    `PostgreSQL was not ready after ${READY_TIMEOUT_MS} ms\n${logExcerpt(folder)}`,
  );
}

function logExcerpt(folder: DataFolder): string {
  return readFileSync(folder.log, 'utf8').slice(-MAX_LOG_EXCERPT_BYTES);
}

/** Stop requests of PostgreSQL: fast ends sessions and writes a checkpoint, immediate leaves recovery to the next start. */
const SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

function signalServer(pid: number, how: keyof typeof SIGNALS, pgCtl: string): void {
  if (process.platform === 'win32' && how !== 'kill') {
    spawnSync(pgCtl, ['kill', SIGNALS[how].slice('SIG'.length), String(pid)]);
    return;
  }
  try {
    process.kill(pid, SIGNALS[how]);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** How long each way of stopping is given before the next firmer one. */
interface Patience {
  readonly fastMs: number;
  readonly immediateMs: number;
}

/** A fast stop writes a checkpoint of at most 256 MB of dirty buffers. */
const ORDERLY: Patience = { fastMs: 10_000, immediateMs: 5_000 };

/** Asks more and more firmly until the process is gone. */
export async function stopServer(pid: number, pgCtl: string, patience: Patience = ORDERLY): Promise<void> {
  const { fastMs, immediateMs } = patience;
  signalServer(pid, 'fast', pgCtl);
  if (await untilGone(pid, fastMs)) return;
  signalServer(pid, 'immediate', pgCtl);
  if (await untilGone(pid, immediateMs)) return;
  signalServer(pid, 'kill', pgCtl);
  await untilGone(pid, immediateMs);
}

export async function untilGone(pid: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(POLL_MS)) {
    if (!isAlive(pid)) return true;
  }
  return !isAlive(pid);
}
