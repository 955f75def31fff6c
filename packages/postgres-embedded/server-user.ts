// PostgreSQL refuses to run as root, so under root the server runs as the machine's "nobody". This file
// knows that user, and whether it can reach a folder.

import { chownSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** uid and gid of nobody/nogroup on Debian; the kernel's overflow id, so no account's files are meant by it. */
const NOBODY: ServerUser = { uid: 65_534, gid: 65_534 };

/**
 * The user to switch to, or undefined when the server runs as whoever started us. A cluster that an ordinary
 * user has made stays that user's, also when root starts it (sudo npm start).
 */
export function serverUser(cluster?: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const made = cluster === undefined ? undefined : statSync(cluster, { throwIfNoEntry: false });
  return made === undefined || made.uid === 0 ? NOBODY : { uid: made.uid, gid: made.gid };
}

export function giveTo(user: ServerUser | undefined, path: string): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

/** Whether the user may enter the folder: search permission on it and on each folder above it. */
export function canEnter(folder: string, user: ServerUser): boolean {
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const search = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & search) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
