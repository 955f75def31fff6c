// The key that signs access tokens: made at the first start, kept in a file that only its owner reads. Replicas share
// the folder and with it the key; when several start at once on an empty one, all take the key of the first.
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { accessTokenAlgorithm } from '@simplebank/chassis';

/** RFC 7518, section 6.2: an elliptic curve key with its private part. */
const keySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

export interface SigningKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  /** What /.well-known/jwks.json publishes. */
  readonly publicJwk: JWK;
}

export async function openSigningKey(folder: string): Promise<SigningKey> {
  const file = join(folder, 'signing-key.json');
  const jwk = (await readKey(file)) ?? (await makeKey(folder, file)) ?? (await readKey(file));
  if (jwk === undefined) throw new Error(`${file} was removed while it was made`);
  const privateKey = await importJWK(jwk, accessTokenAlgorithm);
  if (privateKey instanceof Uint8Array) throw new Error(`${file} holds no ${accessTokenAlgorithm} key`);
  const { kty, crv, x, y } = jwk;
  const id = await calculateJwkThumbprint(jwk);
  const publicJwk = { kty, crv, x, y, kid: id, alg: accessTokenAlgorithm, use: 'sig' } as JWK;
  return { id, privateKey, publicJwk };
}

async function readKey(file: string): Promise<JWK | undefined> {
  try {
    return keySchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read as a key`, { cause: error });
  }
}

/** Undefined when another process has made one meanwhile. */
async function makeKey(folder: string, file: string): Promise<JWK | undefined> {
  const { privateKey } = await generateKeyPair(accessTokenAlgorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const aside = `${file}.${randomUUID()}.new`;
  try {
    // Written aside, so that a kill leaves no half key; a link, unlike a rename, never replaces a file.
    await writeFile(aside, JSON.stringify(jwk), { mode: 0o600 });
    await link(aside, file);
    return jwk;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}
