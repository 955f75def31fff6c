// An identity provider for tests: a key of its own, a real HTTP server that publishes it, and tokens of any
// content, also such as the real provider would never sign. It signs by node:crypto, not by the library that
// the services verify with.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const issuer = 'https://identity.test.example';
const audience = 'simplebank';
const defaultLifetimeSeconds = 300;
/** All that the bank's schema asks for; a test of identity holds them against those that it grants. */
const defaultScopes = ['accounts:read', 'orders:read', 'orders:write'];

export interface TokenContent {
  readonly customerId: string;
  readonly accountIds: readonly string[];
  /** All, unless set. */
  readonly scopes?: readonly string[];
  /** Negative for a token that has expired. */
  readonly expiresInSeconds?: number;
  /** Claims that replace the usual ones, such as `iss`. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Fields that replace those of the JOSE header, such as `alg`. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface TestIdentity extends AsyncDisposable {
  readonly issuer: string;
  /** Base URL of the server with /.well-known/jwks.json. */
  readonly address: string;
  /** How often the keys were fetched. */
  fetches(): number;
  tokenFor(content: TokenContent): string;
  /** From now on nobody listens at `address`. */
  stop(): Promise<void>;
}

export async function testIdentity(): Promise<TestIdentity> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = 'test-key';
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  let fetches = 0;
  const server = createServer((request, response) => {
    fetches += 1;
    const isKeys = request.url === '/.well-known/jwks.json';
    response.writeHead(isKeys ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  async function stop(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    issuer,
    address: `http://127.0.0.1:${port}`,
    fetches: () => fetches,
    tokenFor({ customerId, accountIds, scopes = defaultScopes, claims, header, ...rest }) {
      const { expiresInSeconds = defaultLifetimeSeconds } = rest;
      const nowSeconds = Math.floor(Date.now() / 1000);
      const payload = {
        sub: customerId,
        accounts: accountIds,
        scope: scopes.join(' '),
        iss: issuer,
        aud: audience,
        iat: nowSeconds,
        exp: nowSeconds + expiresInSeconds,
        // Two tokens of the same second are still two tokens.
        jti: randomBytes(8).toString('hex'),
        ...claims,
      };
      const signed = `${encoded({ alg: 'ES256', kid, ...header })}.${encoded(payload)}`;
      // RFC 7518, section 3.4: the signature is r and s, not ASN.1.
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
