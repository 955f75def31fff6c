// The orders service for tests: its real start, on a database and a bus of its own, between scripted peers, asked
// over HTTP with signed tokens.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { accessTokenAudience, openHost, type Database, type RunningService } from '@simplebank/chassis';
import { openPostgresBus, type Bus } from '@simplebank/events';
import { startServiceProcess, testDatabase, type ServiceProcess } from '@simplebank/testkit';
import { start } from './main.ts';
import { startPeers, type Peers } from './peers.fixture.ts';

/** An order completes in a hundredth of this; a test that waits longer has failed. */
const patienceMs = 15_000;
const pollMs = 10;

export interface AskOptions {
  /** The accounts in the caller's token; acc-1 unless said otherwise. */
  readonly accounts?: readonly string[];
  readonly correlationId?: string;
  readonly idempotencyKey?: string;
  /** Another replica than the one in this process. */
  readonly replica?: { readonly url: string };
}

export interface OrdersUnderTest extends AsyncDisposable {
  readonly peers: Peers;
  readonly bus: Bus;
  readonly service: RunningService;
  readonly database: Database;
  /** The service's log lines so far. */
  readonly log: readonly Record<string, unknown>[];
  ask<Data>(query: string, variables?: object, options?: AskOptions): Promise<Asked<Data>>;
  /** Asks until the answer is as wanted. */
  until<Data>(query: string, variables: object, wanted: (data: Data) => boolean): Promise<Data>;
  /** Another replica, in a process of its own that the test may kill. */
  replicaProcess(): Promise<ServiceProcess>;
  /** Stops the service and starts it anew. */
  restart(): Promise<void>;
  /** A call to an internal endpoint, as another service makes it. */
  readonly client: ReturnType<typeof openHost>['client'];
}

export interface Asked<Data> {
  /** Null when the whole answer failed. */
  readonly data: Data | null;
  readonly codes: readonly string[];
}

export async function openOrders(): Promise<OrdersUnderTest> {
  const serviceTokenSecret = randomBytes(32).toString('hex');
  const issuer = 'https://identity.test';
  const addresses = new Map<string, string>();
  await using disposables = new AsyncDisposableStack();
  const database = disposables.use(await testDatabase({ service: 'orders' }));
  const busDatabase = disposables.use(await testDatabase({ service: 'bus' }));
  const signIns = disposables.use(await startSignIns(issuer));
  addresses.set('identity', signIns.url);

  const log: Record<string, unknown>[] = [];
  const wiring = {
    host: '127.0.0.1',
    port: 0,
    serviceTokenSecret,
    issuer,
    replicasOf: (service: string) => [addresses.get(service) ?? []].flat(),
  };
  const bus = disposables.use(await openPostgresBus({ url: busDatabase.url, log: silence }));
  const peers = disposables.use(await startPeers({ serviceTokenSecret, addresses, bus }));
  const startOrders = async (): Promise<RunningService> => {
    const host = openHost({
      ...wiring,
      service: 'orders',
      environment: { LOG_LEVEL: 'info' },
      databaseUrl: database.url,
      busUrl: busDatabase.url,
      logDestination: { write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>) },
    });
    const started = await start(host);
    addresses.set('orders', started.url);
    return started;
  };
  let service = await startOrders();
  disposables.defer(() => service.stop());
  const { client } = openHost({ ...wiring, service: 'accounts', environment: { LOG_LEVEL: 'silent' } });
  disposables.defer(() => client.close());

  async function ask<Data>(
    query: string,
    variables: object = {},
    options: AskOptions = {},
  ): Promise<Asked<Data>> {
    const { accounts = ['acc-1'], correlationId, idempotencyKey, replica = service } = options;
    const response = await fetch(`${replica.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${signIns.tokenFor(accounts)}`,
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(correlationId === undefined ? {} : { 'x-correlation-id': correlationId }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as { data?: Data; errors?: { extensions: { code: string } }[] };
    const codes = (answer.errors ?? []).map(({ extensions }) => extensions.code);
    return { data: answer.data ?? null, codes };
  }

  const stack = disposables.move();
  return {
    peers,
    bus,
    database: database.db,
    log,
    client,
    ask,
    get service() {
      return service;
    },
    async replicaProcess() {
      const process = await startServiceProcess({
        main: new URL('./main.ts', import.meta.url),
        service: 'orders',
        addresses: Object.fromEntries(addresses),
        databaseUrl: database.url,
        busUrl: busDatabase.url,
        serviceTokenSecret,
        issuer,
      });
      return stack.use(process);
    },
    async restart() {
      await service.stop();
      service = await startOrders();
    },
    async until<Data>(query: string, variables: object, wanted: (data: Data) => boolean) {
      const endsAt = performance.now() + patienceMs;
      for (;;) {
        const { data, codes } = await ask<Data>(query, variables);
        if (data !== null && codes.length === 0 && wanted(data)) return data;
        if (performance.now() > endsAt) throw new Error(`still ${JSON.stringify({ data, codes })}`);
        await pause(pollMs);
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const silence = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface SignIns extends AsyncDisposable {
  readonly url: string;
  tokenFor(accounts: readonly string[]): string;
}

/** Publishes a key and signs tokens with it (RFC 7515, ES256), as identity does. */
async function startSignIns(issuer: string): Promise<SignIns> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256', use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return {
    url: `http://127.0.0.1:${port}`,
    tokenFor(accounts) {
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: issuer,
        aud: accessTokenAudience,
        sub: 'cus-1',
        accounts,
        iat: now,
        exp: now + 300,
      };
      const signed = `${encoded({ alg: 'ES256', kid: 'test' })}.${encoded(claims)}`;
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${signed}.${signature.toString('base64url')}`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
