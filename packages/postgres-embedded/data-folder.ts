// What lies where in a data folder, and how it is made at first start:
//   postgres/        the server's own files (PGDATA)
//   admin-password   the superuser's random password, mode 0600
//   postgres.log     the server's log; owner.json and guard.db belong to the lock

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { PostgresError } from './postgres-error.ts';
import { reachFor, serverEnvironment } from './server-reach.ts';
import { giveTo, type ServerUser } from './server-user.ts';

export const ADMIN_ROLE = 'postgres';
/** 32 bytes: as strong as the hash that scram-sha-256 stores. */
const PASSWORD_BYTES = 32;
/** initdb takes 0.4 to 0.9 s; a minute means that the disk hangs. */
const INITDB_TIMEOUT_MS = 60_000;
/** With Node's pause of 100 ms, growing each time, this outlasts an initdb. */
const MAX_DELETIONS = 5;
/** At a start the log is put aside when it has grown beyond this; one old log is kept. */
const MAX_LOG_BYTES = 8 * 1024 * 1024;

export interface DataFolder {
  readonly path: string;
  readonly cluster: string;
  /** The path of the password's file. */
  readonly password: string;
  readonly log: string;
  readonly owner: string;
  readonly guard: string;
}

/** Makes the folder itself. Must come before the lock, which lives in it. */
export function openDataFolder(dataDir: string): DataFolder {
  mkdirSync(dataDir, { recursive: true });
  return dataFolderAt(realpathSync(dataDir));
}

export function dataFolderAt(path: string): DataFolder {
  return {
    path,
    cluster: join(path, 'postgres'),
    password: join(path, 'admin-password'),
    log: join(path, 'postgres.log'),
    owner: join(path, 'owner.json'),
    guard: join(path, 'guard.db'),
  };
}

/** Runs initdb when there is no cluster yet; into a folder of another name, so that a broken one never counts. */
export function initialise(folder: DataFolder, binaries: Binaries, user: ServerUser | undefined): void {
  for (const name of readdirSync(folder.path)) {
    // A killed start's initdb may still be writing there, so the deletion is tried again.
    if (name.startsWith('postgres.new-')) {
      rmSync(join(folder.path, name), { recursive: true, force: true, maxRetries: MAX_DELETIONS });
    }
  }
  if (existsSync(folder.cluster)) return;
  // A password without a cluster is what a start that was killed in between has left.
  writeFileSync(folder.password, randomBytes(PASSWORD_BYTES).toString('base64url'), { mode: 0o600 });
  const fresh = join(folder.path, `postgres.new-${randomBytes(4).toString('hex')}`);
  mkdirSync(fresh, { mode: 0o700 });
  giveTo(user, fresh);
  giveTo(user, folder.password);
  runInitdb(folder, fresh, binaries, user);
  renameSync(fresh, folder.cluster);
}

function runInitdb(
  folder: DataFolder,
  cluster: string,
  binaries: Binaries,
  user: ServerUser | undefined,
): void {
  const reach = reachFor([cluster, folder.password], user);
  try {
    const [clusterPath, passwordPath] = reach.paths;
    const result = spawnSync(
      binaries.initdb,
      [
        `--pgdata=${String(clusterPath)}`,
        `--username=${ADMIN_ROLE}`,
        `--pwfile=${String(passwordPath)}`,
        '--auth=scram-sha-256',
        '--no-locale',
        '--encoding=UTF8',
      ],
      {
        ...user,
        cwd: '/',
        env: serverEnvironment(),
        encoding: 'utf8',
        timeout: INITDB_TIMEOUT_MS,
        stdio: ['ignore', 'pipe', 'pipe', ...reach.handles],
      },
    );
    if (result.status === 0) return;
    const text = `${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
    throw new PostgresError('POSTGRES_START_FAILED', `initdb failed: ${text || String(result.error)}`, {
      cause: result.error,
    });
  } finally {
    for (const handle of reach.handles) closeSync(handle);
  }
}

export function readPassword(folder: DataFolder): string {
  try {
    return readFileSync(folder.password, 'utf8').trim();
  } catch (cause) {
    throw new PostgresError('POSTGRES_START_FAILED', `the data's password is missing: ${folder.password}`, {
      cause,
    });
  }
}

/** Puts a grown log aside and returns an open handle to append to. */
export function openLog(folder: DataFolder, user: ServerUser | undefined): number {
  const size = statSync(folder.log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(folder.log, `${folder.log}.1`);
  const log = openSync(folder.log, 'a', 0o600);
  giveTo(user, folder.log);
  return log;
}
