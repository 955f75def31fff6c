// How a server that runs as another user reaches our folders. Root's project often lies below a closed home
// (/root is 0700 in most containers), where "nobody" may not walk. On Linux the launcher therefore opens the
// folder itself and hands the open handle over: /proc/self/fd/N leads to it without the way above it.

import { closeSync, constants, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PostgresError } from './postgres-error.ts';
import { canEnter, type ServerUser } from './server-user.ts';

/** Handles 0, 1 and 2 are stdin, stdout and stderr; ours follow in order. */
const FIRST_HANDLE = 3;

interface Reach {
  /** What the server is to call each path. */
  readonly paths: readonly string[];
  /** Open handles, to be given as stdio from index 3 and closed by the caller after the spawn. */
  readonly handles: readonly number[];
}

export function reachFor(paths: readonly string[], user: ServerUser | undefined): Reach {
  if (user === undefined) return { paths, handles: [] };
  if (process.platform !== 'linux') {
    for (const path of paths) checkReachable(path, user);
    return { paths, handles: [] };
  }
  const handles: number[] = [];
  try {
    for (const path of paths) handles.push(openSync(path, constants.O_RDONLY));
  } catch (error) {
    for (const handle of handles) closeSync(handle);
    throw error;
  }
  return { paths: paths.map((_, index) => `/proc/self/fd/${FIRST_HANDLE + index}`), handles };
}

function checkReachable(path: string, user: ServerUser): void {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  if (canEnter(folder, user)) return;
  throw new PostgresError(
    'DATA_FOLDER_UNREACHABLE',
    `PostgreSQL does not run as root, and its user (uid ${user.uid}) cannot reach ${folder}; choose a folder that others may enter, or start as an ordinary user`,
  );
}

/** What a server may know of our environment: no secrets of the bank, no PGDATA or PGPORT that would steer it. */
const PASSED_ON = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'];

export function serverEnvironment(): NodeJS.ProcessEnv {
  const passedOn = Object.entries(process.env).filter(([name]) => PASSED_ON.includes(name));
  return { ...Object.fromEntries(passedOn), LC_ALL: 'C', TZ: 'UTC' };
}
