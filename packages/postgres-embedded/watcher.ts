// A process of its own that holds a pipe from the program that owns the server. When the program dies, the
// pipe ends, also after kill -9, and the watcher stops the server, unless another start has adopted it.
// Started by start-watcher.ts as: node watcher.ts <data folder> <path of pg_ctl>

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { strict as assert } from 'node:assert';
import { dataFolderAt } from './data-folder.ts';
import { cleanUp, readOwner, tryLock, writeOwner } from './data-folder-lock.ts';
import { findServer, stopServer } from './server-process.ts';

/** Time for a restarted program to adopt the server. With the stop it stays below two seconds. */
const ADOPTION_GRACE_MS = 700;
/** A fast stop that takes longer is cut short; the next start then recovers, and nothing is lost. */
const HASTY = { fastMs: 700, immediateMs: 2_000 };

/** What the program writes before it closes the pipe, when it has stopped the server itself. */
const RELEASED = 'released';

const [dataDir, pgCtl] = process.argv.slice(2);
assert(dataDir !== undefined && pgCtl !== undefined, 'usage: watcher.ts <data folder> <pg_ctl>');

let received = '';
for await (const chunk of process.stdin) received += String(chunk);
if (received !== RELEASED) await stopOrphan(dataDir, pgCtl);

async function stopOrphan(path: string, pgCtlPath: string): Promise<void> {
  await sleep(ADOPTION_GRACE_MS);
  if (!existsSync(path)) return; // Someone deleted the folder, and with it whatever could be stopped.
  const folder = dataFolderAt(path);
  const lock = tryLock(folder);
  if (lock === undefined) return; // Adopted: the new owner has a watcher of its own.
  const left = readOwner(folder);
  const owner = {
    pid: process.pid,
    role: 'watcher',
    copies: left?.copies ?? [],
    temporary: left?.temporary ?? false,
  } as const;
  writeOwner(folder, owner);
  const server = findServer(folder);
  if (server !== undefined) await stopServer(server.pid, pgCtlPath, HASTY);
  cleanUp(folder, owner, lock);
}
