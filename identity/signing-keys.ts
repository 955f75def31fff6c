// All keys of the data folder: every one is published, and the newest whose time has come signs. A new key is published
// before it signs, so that every replica and every service knows it when its first token arrives.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { firstKeyFile, makeKey, openSigningKey, readSigningKey, type SigningKey } from './signing-key.ts';

/** `signing-key.json` is the first, then `signing-key-2.json` and so on. */
const keyFilePattern = /^signing-key(?:-(\d{1,6}))?\.json$/;
/** Replicas see a key that another has added within this time; services fetch the keys again every 30 s at most. */
const rereadAfterMs = 30_000;
/** More than both of these together. */
export const publishedBeforeSigningMs = 5 * 60_000;
/** A folder with more has not been cleaned for years; the oldest are no longer read. */
const mostKeys = 16;

export interface KeySet {
  readonly signing: SigningKey;
  /** What /.well-known/jwks.json publishes. */
  readonly published: readonly SigningKey[];
}

export interface SigningKeys {
  current(): Promise<KeySet>;
}

export interface SigningKeysOptions {
  readonly now?: () => number;
  /** The folder could not be read again; the keys from before serve on. */
  readonly onFault?: (fault: unknown) => void;
}

export async function openSigningKeys(
  folder: string,
  options: SigningKeysOptions = {},
): Promise<SigningKeys> {
  const { now = Date.now, onFault = () => undefined } = options;
  await openSigningKey(folder);
  let keys = await readKeys(folder);
  let readAtMs = now();

  return {
    async current() {
      if (now() - readAtMs > rereadAfterMs) {
        readAtMs = now();
        keys = await readKeys(folder).catch((fault: unknown) => {
          onFault(fault);
          return keys;
        });
      }
      const signing = keys.findLast(({ signsFromMs }) => signsFromMs <= now()) ?? keys[0];
      if (signing === undefined) throw new Error(`${folder} has no signing key`);
      return { signing, published: keys };
    },
  };
}

/** Adds a key that signs when it has been published long enough; the keys before it verify from then on. */
export async function addSigningKey(folder: string, signsFrom: Date): Promise<string> {
  const newest = (await keyFiles(folder)).at(-1);
  for (let number = (newest?.number ?? 0) + 1; ; number++) {
    const name = number === 1 ? firstKeyFile : `signing-key-${number}.json`;
    // Another program may have taken the number meanwhile; then the next one is free.
    if ((await makeKey(folder, join(folder, name), signsFrom)) !== undefined) return name;
  }
}

/** Oldest first. */
async function readKeys(folder: string): Promise<readonly SigningKey[]> {
  const files = (await keyFiles(folder)).slice(-mostKeys);
  const keys = await Promise.all(files.map(({ name }) => readSigningKey(join(folder, name))));
  const there = keys.filter((key) => key !== undefined);
  if (there.length === 0) throw new Error(`${folder} has no signing key any more`);
  return there;
}

async function keyFiles(folder: string): Promise<{ name: string; number: number }[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const match = keyFilePattern.exec(name);
      return match === null ? [] : [{ name, number: Number(match[1] ?? 1) }];
    })
    .toSorted((a, b) => a.number - b.number);
}
