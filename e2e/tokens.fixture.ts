// Tokens that must open nothing: expired, signed by another key, altered, without a signature, for another
// audience; and tokens between services. Written with node:crypto alone, so that what the bank makes and what an
// attacker makes come from different hands.
import { createHmac, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

type Claims = Record<string, unknown>;

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims;

/** ES256 of RFC 7518, section 3.4: the signature is R and S side by side, not DER. */
function signed(header: Claims, claims: Claims, key: KeyObject): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

export interface TokenMaterial {
  /** The bank's data folder, which holds identity's own signing key. */
  readonly dataDir: string;
  /** A good token of the attacker. */
  readonly token: string;
  /** The accounts and the customer that the attacker would like to be. */
  readonly wanted: { readonly customerId: string; readonly accountIds: readonly string[] };
}

/** Each of them names the victim's accounts; none may be believed. The names say what is wrong with each. */
export async function uselessTokens(given: TokenMaterial): Promise<ReadonlyMap<string, string>> {
  const [head, body, signature] = given.token.split('.');
  const header = decoded(head);
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...decoded(body),
    sub: given.wanted.customerId,
    accounts: given.wanted.accountIds,
    iat: now,
    exp: now + 300,
  };
  const bank = await signingKeyIn(given.dataDir);
  const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hmac = `${encoded({ ...header, alg: 'HS256' })}.${encoded(claims)}`;
  return new Map([
    ['expired', signed(header, { ...claims, iat: now - 600, exp: now - 300 }, bank)],
    ['never ending', signed(header, { ...claims, exp: undefined }, bank)],
    ['for another audience', signed(header, { ...claims, aud: 'another-bank' }, bank)],
    ['of another issuer', signed(header, { ...claims, iss: 'https://another.example' }, bank)],
    ['signed by another key', signed(header, claims, other)],
    ['altered', `${head}.${encoded(claims)}.${signature}`],
    ['without a signature', `${encoded({ alg: 'none' })}.${encoded(claims)}.`],
    [
      'signed with the public key id',
      `${hmac}.${createHmac('sha256', String(header['kid'])).update(hmac).digest('base64url')}`,
    ],
    ['no token at all', 'let-me-in'],
  ]);
}

/** The same token, but for a life that ends so soon that a test can see it end. */
export async function shortLived(token: string, dataDir: string, lifeSeconds: number): Promise<string> {
  const [header, claims] = token.split('.');
  const exp = Math.floor(Date.now() / 1000) + lifeSeconds;
  return signed(decoded(header), { ...decoded(claims), exp }, await signingKeyIn(dataDir));
}

async function signingKeyIn(dataDir: string): Promise<KeyObject> {
  const text = await readFile(join(dataDir, 'identity', 'signing-key.json'), 'utf8');
  return createPrivateKey({ key: JSON.parse(text) as { kty: string }, format: 'jwk' });
}

/** A token between services as the chassis makes it, for one target. */
export function serviceToken(options: { secret: string; from: string; target: string }): string {
  const { secret, from, target } = options;
  const now = Math.floor(Date.now() / 1000);
  const input = `${encoded({ alg: 'HS256' })}.${encoded({ iss: from, aud: target, iat: now, exp: now + 60 })}`;
  const key = createHmac('sha256', secret).update(`service-token:${target}`).digest();
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
}
