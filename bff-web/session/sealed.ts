// What only the holder of a random id and this server together can read: AES-256-GCM under a key that is derived from both,
// so that neither a copy of the database nor the server's secret is enough.
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
/** NIST SP 800-38D, section 8.2: 96 bits at random are enough for the few messages of one key. */
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
/** 256 bits cannot be guessed. */
const idBytes = 32;

export const idPattern = /^[\w-]{43}$/;

export function newId(): string {
  return randomBytes(idBytes).toString('base64url');
}

/** What a database knows an id by. */
export function hashOf(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}

/** `kind` keeps what is sealed for one purpose from being opened for another. */
export interface Seal<Content> {
  seal(id: string, content: Content): Buffer;
  /** Undefined for what was sealed with another id, kind or secret, or changed since. */
  open(id: string, sealed: Buffer): Content | undefined;
}

export function createSeal<Content>(secret: string, kind: string): Seal<Content> {
  const keyOf = (id: string) => Buffer.from(hkdfSync('sha256', secret, id, kind, keyBytes));
  return {
    seal(id, content) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, keyOf(id), nonce, { authTagLength: tagBytes });
      const text = Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    open(id, sealed) {
      const nonce = sealed.subarray(0, nonceBytes);
      try {
        const decipher = createDecipheriv(algorithm, keyOf(id), nonce, { authTagLength: tagBytes });
        decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
        const text = Buffer.concat([
          decipher.update(sealed.subarray(nonceBytes + tagBytes)),
          decipher.final(),
        ]);
        return JSON.parse(text.toString()) as Content;
      } catch {
        return undefined;
      }
    },
  };
}
