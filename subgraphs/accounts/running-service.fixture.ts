// The whole service on a port of its own, with an issuer of access tokens beside it, and what its callers send.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import {
  accessTokenAlgorithm,
  accessTokenAudience,
  openHost,
  type Metrics,
  type ServiceClient,
  type Wiring,
} from '@simplebank/chassis';
import { testDatabase } from '@simplebank/testkit';
import { start } from './main.ts';

const issuer = 'http://issuer.test';
const lifetimeSeconds = 300;

export interface GraphqlAnswer {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

export interface RunningAccounts extends AsyncDisposable {
  readonly url: string;
  readonly metrics: Metrics;
  /** Sends commands as the orders service does. */
  readonly orders: ServiceClient;
  /** Asks as a customer who may act on these accounts; as nobody with null. */
  query(accountIds: readonly string[] | null, query: string, variables?: object): Promise<GraphqlAnswer>;
}

export async function startAccounts(
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningAccounts> {
  await using stack = new AsyncDisposableStack();
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: accessTokenAlgorithm, use: 'sig' };
  const keys = createServer((_request, response) => void response.end(JSON.stringify({ keys: [jwk] })));
  keys.listen(0, '127.0.0.1');
  await once(keys, 'listening');
  stack.defer(() => void keys.close());

  const database = stack.use(await testDatabase());
  const addresses = new Map([['identity', `http://127.0.0.1:${(keys.address() as AddressInfo).port}`]]);
  const wiring: Omit<Wiring, 'service'> = {
    host: '127.0.0.1',
    port: 0,
    environment,
    databaseUrl: database.url,
    serviceTokenSecret: 'a secret of this test only',
    issuer,
    replicasOf: (service) => [addresses.get(service) ?? []].flat(),
    logDestination: new Writable({ write: (_line, _encoding, done) => done() }),
  };
  const service = await start(openHost({ ...wiring, service: 'accounts' }));
  stack.defer(() => service.stop());
  addresses.set('accounts', service.url);
  const { client } = openHost({ ...wiring, service: 'orders' });
  stack.defer(() => client.close());

  const tokenFor = (accounts: readonly string[]): string => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const expires = Math.floor(Date.now() / 1000) + lifetimeSeconds;
    const claims = { sub: 'cus-test', accounts, iss: issuer, aud: accessTokenAudience, exp: expires };
    const signed = `${part({ alg: accessTokenAlgorithm, kid: 'test' })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  };
  const moved = stack.move();
  return {
    url: service.url,
    metrics: service.metrics,
    orders: client,
    async query(accountIds, query, variables = {}) {
      const response = await fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(accountIds === null ? {} : { authorization: `Bearer ${tokenFor(accountIds)}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphqlAnswer;
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}
