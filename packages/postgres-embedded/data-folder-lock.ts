// One owner per data folder. The lock is held by the operating system and ends with its holder, however that
// dies, so it is never stale. Node has no flock, but SQLite takes exactly such a lock on the (empty) file
// guard.db. owner.json says who the holder is; it is for messages and clean-up, never for the decision.

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataFolder } from './data-folder.ts';
import { PostgresError } from './postgres-error.ts';
import { isAlive } from './process-table.ts';

/** A holder has this long to write its name into owner.json before we judge by what stands there. */
const NAME_GRACE_MS = 500;
/** A watcher that stops an orphan holds the lock for up to 2 s; on a slow disk somewhat longer. */
const WATCHER_WAIT_MS = 10_000;
const POLL_MS = 25;
const SQLITE_BUSY = 5;

export interface Owner {
  readonly pid: number;
  /** A program uses the server; a watcher only stops it and lets the lock go. */
  readonly role: 'program' | 'watcher';
  /** Private copies of the binaries, to be deleted with the server. */
  readonly copies: readonly string[];
  /** The whole folder goes with the server: for tests. */
  readonly temporary: boolean;
}

interface FolderLock {
  release(): void;
}

/** A guard that is collected as garbage would be closed, and its lock with it. */
const heldGuards = new Set<DatabaseSync>();

/** Takes the lock if it is free. */
export function tryLock(folder: DataFolder): FolderLock | undefined {
  let guard: DatabaseSync | undefined;
  try {
    guard = new DatabaseSync(folder.guard, { timeout: 0 });
    // Nothing is ever written, so a journal file would only be one more thing that a kill leaves behind.
    guard.exec('pragma journal_mode = memory; begin exclusive');
    const held = guard;
    heldGuards.add(held);
    return {
      release() {
        held.close();
        heldGuards.delete(held);
      },
    };
  } catch (error) {
    guard?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw new PostgresError('DATA_FOLDER_UNREACHABLE', `the data folder ${folder.path} cannot be locked`, {
      cause: error,
    });
  }
}

/** Waits for a watcher to finish; another live program is an error at once. */
export async function lockDataFolder(folder: DataFolder): Promise<FolderLock> {
  for (const start = Date.now(); ; await sleep(POLL_MS)) {
    const lock = tryLock(folder);
    if (lock !== undefined) return lock;
    const waited = Date.now() - start;
    const owner = readOwner(folder);
    const program = owner?.role === 'program' && isAlive(owner.pid);
    if (waited > WATCHER_WAIT_MS || (program && waited > NAME_GRACE_MS)) {
      const who = owner === undefined ? 'another process' : `process ${owner.pid}`;
      throw new PostgresError(
        'DATA_FOLDER_IN_USE',
        `${who} already runs PostgreSQL on ${folder.path}; stop it first`,
      );
    }
  }
}

export function readOwner(folder: DataFolder): Owner | undefined {
  if (!existsSync(folder.owner)) return undefined;
  try {
    return JSON.parse(readFileSync(folder.owner, 'utf8')) as Owner;
  } catch {
    return undefined; // Torn by a power loss; nothing is decided by it.
  }
}

export function writeOwner(folder: DataFolder, owner: Owner): void {
  // Replaced as a whole, so that nobody reads half of it and root's file is no obstacle to a later user.
  writeFileSync(`${folder.owner}.new`, JSON.stringify(owner));
  renameSync(`${folder.owner}.new`, folder.owner);
}

/** What an ended server leaves: private copies of the binaries, and a temporary folder itself. */
export function cleanUp(folder: DataFolder, owner: Owner, lock: FolderLock): void {
  for (const copy of owner.copies) rmSync(copy, { recursive: true, force: true });
  rmSync(folder.owner, { force: true });
  lock.release();
  if (owner.temporary) rmSync(folder.path, { recursive: true, force: true });
}
