// A key that signs tokens, kept in a file that only its owner reads. The first is made at the first start; replicas share
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
  /** Published at once, it signs from then on; without it from the beginning. */
  signsFrom: z.iso.datetime().optional(),
});

type KeptKey = z.output<typeof keySchema>;

export const firstKeyFile = 'signing-key.json';

export interface SigningKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  /** What /.well-known/jwks.json publishes. */
  readonly publicJwk: JWK;
  /** For oidc-provider, which signs ID tokens by itself. */
  readonly privateJwk: JWK;
  /** 0 for a key that signs from the beginning. */
  readonly signsFromMs: number;
}

/** The first key of the folder, made when there is none. */
export async function openSigningKey(folder: string): Promise<SigningKey> {
  const file = join(folder, firstKeyFile);
  const kept = (await readKey(file)) ?? (await makeKey(folder, file)) ?? (await readKey(file));
  if (kept === undefined) throw new Error(`${file} was removed while it was made`);
  return keyOf(file, kept);
}

/** A key that is there, whichever its file; undefined when it is not. */
export async function readSigningKey(file: string): Promise<SigningKey | undefined> {
  const kept = await readKey(file);
  return kept === undefined ? undefined : keyOf(file, kept);
}

async function keyOf(file: string, { signsFrom, ...jwk }: KeptKey): Promise<SigningKey> {
  const privateKey = await importJWK(jwk, accessTokenAlgorithm);
  if (privateKey instanceof Uint8Array) throw new Error(`${file} holds no ${accessTokenAlgorithm} key`);
  const { d, ...shown } = jwk;
  const id = await calculateJwkThumbprint(jwk);
  const publicJwk: JWK = { ...shown, kid: id, alg: accessTokenAlgorithm, use: 'sig' };
  const signsFromMs = signsFrom === undefined ? 0 : Date.parse(signsFrom);
  return { id, privateKey, publicJwk, privateJwk: { ...publicJwk, d }, signsFromMs };
}

async function readKey(file: string): Promise<KeptKey | undefined> {
  try {
    return keySchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`${file} cannot be read as a key`, { cause: error });
  }
}

/** Undefined when another process has made one meanwhile. */
export async function makeKey(folder: string, file: string, signsFrom?: Date): Promise<KeptKey | undefined> {
  const { privateKey } = await generateKeyPair(accessTokenAlgorithm, { extractable: true });
  const jwk = keySchema.parse({
    ...(await exportJWK(privateKey)),
    ...(signsFrom === undefined ? {} : { signsFrom: signsFrom.toISOString() }),
  });
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
