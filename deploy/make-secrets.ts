// `npm run secrets`: makes every secret of a bank in containers, one file each, in deploy/secrets or the folder given.
// What is there already stays, so that a new service only adds its own. ADMIN_DATABASE_URL and REDIS_URL name servers
// that exist already; without them the URLs are those of docker-compose.yml.
import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@simplebank/chassis';
import { databaseSecretOf, servicesWithDatabase, signingKeySecret } from './container.ts';

/** Hex digits of 256 bits: a key for HMAC, and no character that a URL would have to escape. */
const secretBytes = 32;
/** Nobody else on this machine gets through the folder. */
const folderMode = 0o700;
/**
 * A container engine mounts each file by itself, with the owner and mode that it has here; whichever user runs in the
 * container must be able to read it. The folder's mode is what protects it outside.
 */
const fileMode = 0o444;

const random = () => randomBytes(secretBytes).toString('hex');

/** Returns the names of the secrets that were made now. */
export async function makeSecrets(folder: string, environment: Environment): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true, mode: folderMode });
  await chmod(folder, folderMode);
  const made: string[] = [];
  const keep = async (name: string, content: () => string | Promise<string>): Promise<string> => {
    const file = join(folder, name);
    const there = await readIfThere(file);
    if (there !== undefined) return there;
    if (await writeOnce(file, await content())) made.push(name);
    return readFile(file, 'utf8');
  };

  const ownPostgres = async () =>
    `postgres://postgres:${await keep('postgres-password', random)}@postgres:5432/postgres`;
  const adminUrl = new URL(
    await keep('admin-database-url', () => environment['ADMIN_DATABASE_URL'] || ownPostgres()),
  );
  await keep('redis-url', () => environment['REDIS_URL'] || 'redis://redis:6379');
  await keep('service-token-secret', random);
  await keep('cursor-secret', random);
  await keep('bff-web-client-secret', random);
  await keep('session-secret', random);
  await keep('vapid-secret', vapidSecret);
  await keep(signingKeySecret, signingKey);
  for (const service of servicesWithDatabase) {
    await keep(databaseSecretOf(service), () => {
      const url = new URL(adminUrl);
      const name = service.replaceAll('-', '_');
      Object.assign(url, { username: name, password: random(), pathname: `/${name}` });
      return url.href;
    });
  }
  return made;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all, and never over a secret that is in use. */
async function writeOnce(file: string, content: string): Promise<boolean> {
  const aside = `${file}.${process.pid}.new`;
  try {
    await writeFile(aside, content, { flag: 'wx' });
    await chmod(aside, fileMode);
    await link(aside, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** A private key on P-256 as push services' tools write it (RFC 8292, section 3.2). */
function vapidSecret(): string {
  const curve = createECDH('prime256v1');
  curve.generateKeys();
  return Buffer.from(curve.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url');
}

/** An ES256 key as identity keeps it (RFC 7518, section 6.2). */
function signingKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify(privateKey.export({ format: 'jwk' }));
}

if (import.meta.main) {
  const folder = process.argv[2] ?? fileURLToPath(new URL('./secrets/', import.meta.url));
  const made = await makeSecrets(folder, process.env);
  console.log(made.length === 0 ? `${folder} has all secrets` : `made in ${folder}: ${made.join(', ')}`);
}
