// What a push service checks of who sends (RFC 8292), by node:crypto and not by the library that signs.
import { createPublicKey, verify } from 'node:crypto';

const dayMs = 24 * 60 * 60 * 1000;

export interface VapidClaims {
  readonly aud?: string;
  readonly exp?: number;
  readonly sub?: string;
}

/** Throws Error when the header is not by the holder of the key, for this service and for now. */
export function checkVapid(
  header: string,
  expected: { readonly origin: string; readonly key: string },
): VapidClaims {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), ?k=([\w-]+)$/.exec(header) ?? [];
  if (key !== expected.key) throw new Error('another key than the device subscribed with');
  const [head = '', payload = '', signature = ''] = token.split('.');
  const { alg } = decoded<{ alg?: string }>(head);
  if (alg !== 'ES256') throw new Error(`signed by ${alg}`);
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${payload}`),
    { key: publicKeyOf(key), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!isSigned) throw new Error('the signature is not by that key');
  const claims = decoded<VapidClaims>(payload);
  if (claims.aud !== expected.origin) throw new Error(`for ${claims.aud}`);
  const leftMs = Number(claims.exp) * 1000 - Date.now();
  if (!(leftMs > 0 && leftMs <= dayMs)) throw new Error(`good for another ${leftMs} ms`);
  if (!/^(mailto|https):/.test(claims.sub ?? '')) throw new Error(`nobody to ask: ${claims.sub}`);
  return claims;
}

/** From the uncompressed point. */
function publicKeyOf(key: string) {
  const point = Buffer.from(key, 'base64url');
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')];
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
}

function decoded<T>(part: string): T {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as T;
}
