// What a device registers: the PushSubscription that its push service gave it, as `toJSON()` of the Push API has it.
import { ECDH } from 'node:crypto';
import { z } from 'zod';

/** Far above what any push service gives; a unique index takes no more than 2.7 kB. */
const longestEndpoint = 2_048;
/** RFC 8291, section 3.2. */
const authBytes = 16;

export const pushSubscriptionSchema = z.object({
  endpoint: z.string().max(longestEndpoint),
  keys: z.object({
    /** The device's public key, an uncompressed point on P-256 (RFC 8291, section 3.1). */
    p256dh: z.string().refine(isPoint),
    auth: z.string().refine((text) => Buffer.from(text, 'base64url').length === authBytes),
  }),
});

export type PushSubscription = z.output<typeof pushSubscriptionSchema>;

/** Nothing could ever be encrypted for another one. */
function isPoint(text: string): boolean {
  try {
    ECDH.convertKey(text, 'prime256v1', 'base64url', 'base64url', 'uncompressed');
    return Buffer.from(text, 'base64url').length === 65;
  } catch {
    return false;
  }
}
