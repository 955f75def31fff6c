// Who we are to push services: a P-256 key pair (RFC 8292). Devices subscribe with the public half, and their push
// services take pushes only from who signs with the private one.
import { createECDH } from 'node:crypto';

export interface VapidKeys {
  /** The uncompressed point in base64url: what a device gives as `applicationServerKey`. */
  readonly publicKey: string;
  readonly privateKey: string;
}

/** `privateKey`: 32 bytes in base64url. Throws Error when they are no key of the curve. */
export function vapidKeysOf(privateKey: string): VapidKeys {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(privateKey, 'base64url');
  return { privateKey, publicKey: curve.getPublicKey('base64url') };
}
