// A real browser: the Chromium that this machine has, since none comes from npm.
import { findProgram } from './find-program.ts';

const found = findProgram('chromium') ?? findProgram('chromium-browser');

/** Why tests that need a browser are left out, or `false` when it is there: `{ skip: chromiumMissing }`. */
export const chromiumMissing: string | false =
  found === undefined ? 'no chromium on this machine (Debian: apt-get install chromium)' : false;

/** Throws where there is none. */
export function chromiumPath(): string {
  if (found === undefined) throw new Error(String(chromiumMissing));
  return found;
}
