// What a device does with a push: decrypts it by its own keys, as RFC 8291 and RFC 8188 say. By node:crypto, and not by
// the library that encrypts.
import { createDecipheriv, hkdfSync, type ECDH } from 'node:crypto';

/** RFC 8188, section 2.1: salt, record size, length of the key's id. */
const saltBytes = 16;
const fixedBytes = saltBytes + 4 + 1;
const tagBytes = 16;
/** RFC 8188, section 2: what ends the last record. */
const lastRecord = 2;

export interface DeviceKeys {
  readonly curve: ECDH;
  readonly auth: Buffer;
}

/** The body of one push, encoded as aes128gcm. Throws Error when it was not made for these keys, or was changed. */
export function decryptPush({ curve, auth }: DeviceKeys, body: Buffer): string {
  const salt = body.subarray(0, saltBytes);
  const recordSize = body.readUInt32BE(saltBytes);
  const keyBytes = body.readUInt8(fixedBytes - 1);
  const senderKey = body.subarray(fixedBytes, fixedBytes + keyBytes);
  const record = body.subarray(fixedBytes + keyBytes);
  if (record.length > recordSize) throw new Error('a push has one record (RFC 8291, section 4)');
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), curve.getPublicKey(), senderKey]);
  const secret = derive(curve.computeSecret(senderKey), auth, info, 32);
  const key = derive(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(record.subarray(-tagBytes));
  const padded = Buffer.concat([decipher.update(record.subarray(0, -tagBytes)), decipher.final()]);
  const end = padded.findLastIndex((byte) => byte !== 0);
  if (padded[end] !== lastRecord) throw new Error('a push ends with its first record');
  return padded.subarray(0, end).toString();
}

function derive(secret: Buffer, salt: Buffer, info: Buffer, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, bytes));
}
