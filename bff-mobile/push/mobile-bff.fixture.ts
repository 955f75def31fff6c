// The mobile BFF by its own main.ts on a real database and bus; the gateway behind it is scripted.
import { createECDH, randomBytes } from 'node:crypto';
import { busOf, uuidv7, type EventEnvelope } from '@simplebank/events';
import {
  answerJson,
  testDatabase,
  testHost,
  testIdentity,
  testPeer,
  type PeerAnswer,
  type TestDevice,
  type TestPushService,
} from '@simplebank/testkit';
import { start } from '../main.ts';
import { vapidKeysOf } from './vapid.ts';

export interface MobileBffOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly gateway?: PeerAnswer;
}

export type MobileBff = Awaited<ReturnType<typeof mobileBff>>;

export const cursorSecret = 'x'.repeat(32);
const noAnswer: PeerAnswer = (_request, response) => answerJson(response, { data: null });

export async function mobileBff({ environment = {}, gateway = noAnswer }: MobileBffOptions = {}) {
  await using started = new AsyncDisposableStack();
  const database = started.use(await testDatabase());
  const bus = started.use(await testDatabase());
  const identity = started.use(await testIdentity());
  const peer = started.use(await testPeer(gateway));
  const vapidSecret = newVapidSecret();
  const wiring = {
    service: 'bff-mobile',
    issuer: identity.issuer,
    databaseUrl: database.url,
    busUrl: bus.url,
    addresses: { identity: identity.address, gateway: peer.address },
    environment: { CURSOR_SECRET: cursorSecret, VAPID_SECRET: vapidSecret, ...environment },
  };
  const { host } = started.use(testHost(wiring));
  const { url, metrics } = await start(host);
  const whole = started.move();
  const tokenOf = (customerId: string, scopes?: readonly string[], sessionId?: string) =>
    identity.tokenFor({
      customerId,
      accountIds: [],
      ...(scopes === undefined ? {} : { scopes }),
      ...(sessionId === undefined ? {} : { claims: { sid: sessionId } }),
    });

  /** Asks one of its own routes for this customer; without one there is no token. */
  async function ask(method: string, path: string, customerId?: string, body?: unknown, sessionId?: string) {
    const authorization =
      customerId === undefined
        ? {}
        : { authorization: `Bearer ${tokenOf(customerId, undefined, sessionId)}` };
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
    return { status: response.status, headers: response.headers, json };
  }

  return {
    url,
    /** For another replica of it. */
    wiring,
    db: database.db,
    host,
    tokenOf,
    ask,
    async publish(...events: readonly EventEnvelope[]) {
      await (await busOf(host)).publish('orders', events);
    },
    /** As identity says it. */
    async endSession(sessionId: string) {
      const change = { type: 'SessionEnded', source: 'identity', sequence: 1 };
      await (await busOf(host)).publish('sessions', [completed(sessionId, 'cus-ada', change)]);
    },
    /** A device of this customer, subscribed at the push service and registered here. */
    async registered(service: TestPushService, customerId: string, sessionId?: string): Promise<TestDevice> {
      const device = service.device(vapidKeysOf(vapidSecret).publicKey);
      const { status } = await ask('POST', '/devices/push', customerId, device.subscription, sessionId);
      if (status !== 201) throw new Error(`the device was answered ${status}`);
      return device;
    },
    /** How far a counter of its /metrics is. */
    async counted(name: string): Promise<number> {
      const line = new RegExp(String.raw`^${name}\{[^}]*\} (\d+)$`, 'm').exec(await metrics.text());
      return Number(line?.[1]);
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

export function newVapidSecret(): string {
  const curve = createECDH('prime256v1');
  curve.generateKeys();
  return Buffer.from(curve.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url');
}

/** As orders publishes it when an order of this customer has ended. */
export function completed(
  orderId: string,
  customerId: string,
  change: Partial<EventEnvelope> = {},
): EventEnvelope {
  return {
    id: uuidv7(),
    type: 'OrderCompleted',
    version: 1,
    source: 'orders',
    aggregateId: orderId,
    sequence: 9,
    correlationId: `correlation-${orderId}`,
    causationId: null,
    traceparent: null,
    occurredAt: new Date().toISOString(),
    data: { accountId: 'acc-1001', customerId },
    ...change,
  };
}

/** As a device would get it from its push service. */
export function newSubscription(endpoint = `https://web.push.apple.com/${randomBytes(8).toString('hex')}`) {
  const curve = createECDH('prime256v1');
  curve.generateKeys();
  const keys = { p256dh: curve.getPublicKey('base64url'), auth: randomBytes(16).toString('base64url') };
  return { endpoint, expirationTime: null, keys };
}
