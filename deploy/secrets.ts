// What a bank keeps secret: made at the first start, in a file that only its owner reads.
import { createECDH, createHmac, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const secretBytes = 32;

const secretsSchema = z.object({
  /** Signs the tokens between services. */
  serviceToken: z.string(),
  /** Signs the cursors of subscriptions. */
  cursor: z.string(),
  /** Passwords of the services' database roles are derived from it. */
  database: z.string(),
});

export type Secrets = z.infer<typeof secretsSchema>;

export async function openSecrets(folder: string): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  try {
    return secretsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw new Error(`${file} cannot be read as secrets`, { cause: error });
    }
  }
  const random = () => randomBytes(secretBytes).toString('hex');
  const secrets: Secrets = { serviceToken: random(), cursor: random(), database: random() };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Written aside and renamed, so that a kill leaves no half file.
  await writeFile(`${file}.new`, JSON.stringify(secrets), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return secrets;
}

/** What the web BFF seals the tokens of sessions with, derived likewise. */
export function sessionSecretOf({ serviceToken }: Secrets): string {
  return createHmac('sha256', serviceToken).update('session secret of bff-web').digest('hex');
}

/** What the mobile BFF signs pushes with, derived likewise: a private key on P-256 in base64url. */
export function vapidSecretOf({ serviceToken }: Secrets): string {
  const curve = createECDH('prime256v1');
  for (let attempt = 0; ; attempt += 1) {
    const key = createHmac('sha256', serviceToken).update(`vapid key of bff-mobile ${attempt}`).digest();
    try {
      curve.setPrivateKey(key);
      return key.toString('base64url');
    } catch {
      // One in four thousand million is no number of the curve.
    }
  }
}

/** What the web BFF shows to identity, derived so that the file of a bank from before needs no new entry. */
export function webClientSecretOf({ serviceToken }: Secrets): string {
  return createHmac('sha256', serviceToken).update('client secret of bff-web').digest('hex');
}
