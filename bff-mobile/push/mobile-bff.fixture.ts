// The mobile BFF by its own main.ts on a real database and bus; the gateway behind it is scripted.
import { createECDH, randomBytes } from 'node:crypto';
import {
  answerJson,
  testDatabase,
  testHost,
  testIdentity,
  testPeer,
  type PeerAnswer,
} from '@simplebank/testkit';
import { start } from '../main.ts';

export interface MobileBffOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly gateway?: PeerAnswer;
}

export type MobileBff = Awaited<ReturnType<typeof mobileBff>>;

const noAnswer: PeerAnswer = (_request, response) => answerJson(response, { data: null });

export async function mobileBff({ environment = {}, gateway = noAnswer }: MobileBffOptions = {}) {
  await using started = new AsyncDisposableStack();
  const database = started.use(await testDatabase());
  const bus = started.use(await testDatabase());
  const identity = started.use(await testIdentity());
  const peer = started.use(await testPeer(gateway));
  const host = started.use(
    testHost({
      service: 'bff-mobile',
      issuer: identity.issuer,
      databaseUrl: database.url,
      busUrl: bus.url,
      addresses: { identity: identity.address, gateway: peer.address },
      environment: { CURSOR_SECRET: 'x'.repeat(32), VAPID_SECRET: newVapidSecret(), ...environment },
    }),
  );
  const { url, metrics } = await start(host.host);
  const whole = started.move();
  const tokenOf = (customerId: string, scopes?: readonly string[]) =>
    identity.tokenFor({ customerId, accountIds: [], ...(scopes === undefined ? {} : { scopes }) });
  return {
    url,
    metrics,
    db: database.db,
    host: host.host,
    tokenOf,
    /** Asks one of its own routes for this customer; without one there is no token. */
    async ask(method: string, path: string, customerId?: string, body?: unknown) {
      const authorization =
        customerId === undefined ? {} : { authorization: `Bearer ${tokenOf(customerId)}` };
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const json = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
      return { status: response.status, headers: response.headers, json };
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

function newVapidSecret(): string {
  const curve = createECDH('prime256v1');
  curve.generateKeys();
  return Buffer.from(curve.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url');
}

/** As a device would get it from its push service. */
export function newSubscription(endpoint = `https://web.push.apple.com/${randomBytes(8).toString('hex')}`) {
  const curve = createECDH('prime256v1');
  curve.generateKeys();
  const keys = { p256dh: curve.getPublicKey('base64url'), auth: randomBytes(16).toString('base64url') };
  return { endpoint, expirationTime: null, keys };
}
