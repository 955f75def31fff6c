// Who may sign in to a development bank: the demo customers, all with the demo password, kept as scrypt hashes.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { demoCustomers, demoPassword } from '@simplebank/contracts';

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;
const saltBytes = 16;
const hashBytes = 32;

interface PasswordHash {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export interface SignIns {
  /** Takes as long for an unknown user as for a wrong password, so that names cannot be guessed by time. */
  check(username: string, password: string): Promise<boolean>;
}

export async function createSignIns(options: { demo: boolean }): Promise<SignIns> {
  const nobody = await hashOf(randomBytes(saltBytes).toString('hex'));
  const hashes = new Map<string, PasswordHash>();
  if (options.demo) {
    const shared = await hashOf(demoPassword);
    for (const { username } of demoCustomers) hashes.set(username, shared);
  }
  return {
    async check(username, password) {
      const { salt, hash } = hashes.get(username) ?? nobody;
      const given = await derive(password, salt, hashBytes);
      return timingSafeEqual(given, hash) && hashes.has(username);
    },
  };
}

async function hashOf(password: string): Promise<PasswordHash> {
  const salt = randomBytes(saltBytes);
  return { salt, hash: await derive(password, salt, hashBytes) };
}
