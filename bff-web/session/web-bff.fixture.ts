// Replicas of the web BFF by its own main.ts on one real database and bus. The gateway behind them says whose token it was
// asked with; the OpenID provider is scripted (openid-provider.fixture.ts), so that it can refuse, be gone, and hand out tokens
// that soon run out.
import assert from 'node:assert/strict';
import { openPostgresBus, uuidv7, type EventEnvelope } from '@simplebank/events';
import { answerJson, testDatabase, testHost, testPeer, type TestHost } from '@simplebank/testkit';
import { start } from '../main.ts';
import { scriptedProvider } from './openid-provider.fixture.ts';

export const origin = 'https://web.test.example';
export const forgery = { 'x-csrf': '1' };

export interface Asked {
  readonly method?: string;
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly replica?: number;
}

export type WebBff = Awaited<ReturnType<typeof webBff>>;

export async function webBff({
  replicas = 1,
  environment = {},
}: { replicas?: number; environment?: Readonly<Record<string, string>> } = {}) {
  await using started = new AsyncDisposableStack();
  const database = started.use(await testDatabase());
  const bus = started.use(await testDatabase());
  const provider = started.use(await scriptedProvider());
  const gateway = started.use(
    await testPeer(({ headers, body }, response) => {
      const isRead = body.includes('orderUpdates');
      answerJson(response, { data: isRead ? { orderUpdated: events } : { token: headers.authorization } });
    }),
  );
  const urls: string[] = [];
  const events: object[] = [];
  const hosts: TestHost[] = [];
  for (let index = 0; index < replicas; index += 1) {
    const host = testHost({
      service: 'bff-web',
      issuer: provider.issuer,
      databaseUrl: database.url,
      busUrl: bus.url,
      addresses: { identity: provider.address, gateway: gateway.address },
      environment: {
        CURSOR_SECRET: 'c'.repeat(32),
        SESSION_SECRET: 's'.repeat(32),
        BFF_WEB_CLIENT_SECRET: provider.clientSecret,
        BFF_WEB_ORIGIN: origin,
        ...environment,
      },
    });
    hosts.push(started.use(host));
    urls.push((await start(host.host)).url);
  }

  async function ask(path: string, { method = 'GET', cookie, headers, body, replica = 0 }: Asked = {}) {
    const response = await fetch(`${urls[replica]}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...(cookie === undefined ? {} : { cookie }), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const codes = /"code":"(\w+)"/.exec(text);
    return { status: response.status, headers: response.headers, text, code: codes?.[1] };
  }

  /** Up to the provider: the browser's cookie, and where the provider would send the browser back to. */
  async function beginSignIn(query = '', cookie?: string) {
    const answer = await ask(`/session/login${query}`, cookie === undefined ? {} : { cookie });
    assert.equal(answer.status, 303, answer.text);
    const asked = new URL(answer.headers.get('location') ?? '');
    return {
      answer,
      asked,
      cookie: cookieIn(answer.headers, '__Host-sign-in'),
      callback: provider.grant(asked),
    };
  }

  const orders = started.use(
    await openPostgresBus({ url: bus.url, log: hosts[0]?.host.log ?? assert.fail() }),
  );
  const whole = started.move();
  let sequence = 0;

  return {
    urls,
    provider,
    gateway,
    logs: () => hosts.flatMap(({ logs }) => logs),
    db: database.db,
    ask,
    beginSignIn,
    /** Something happens to the order ord-1, which each read of it shows from now on. */
    async happens(): Promise<void> {
      sequence += 1;
      events.splice(0, 1, { order: { status: `${sequence}` }, live_sequence: sequence, live_final: false });
      await orders.publish('orders', [changeOf('ord-1', sequence)]);
    },
    /** Somewhere else, as by a revocation at identity. */
    async sessionEnds(sessionId: string): Promise<void> {
      await orders.publish('sessions', [{ ...changeOf(sessionId, 1), type: 'SessionEnded' }]);
    },
    /** The session's cookie. */
    async signIn(): Promise<string> {
      const { cookie, callback } = await beginSignIn();
      const { headers } = await ask(callback, { cookie });
      return cookieIn(headers, '__Host-session');
    },
    /** The token that the gateway is asked with, or the code of the refusal. */
    async tokenAt(cookie: string, replica = 0): Promise<string> {
      const { text, code } = await ask('/graphql', { ...query, cookie, replica });
      return code ?? (JSON.parse(text) as { data: { token: string } }).data.token;
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

export const query: Asked = {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...forgery },
  body: '{"query":"{ token }"}',
};

/** As a browser would send it again. */
export function cookieIn(headers: Headers, name: string): string {
  const set = headers.getSetCookie().find((line) => line.startsWith(`${name}=`));
  assert(set !== undefined, `no ${name} in ${headers.getSetCookie().join(' | ')}`);
  return set.split(';')[0] ?? '';
}

function changeOf(aggregateId: string, sequence: number): EventEnvelope {
  return {
    id: uuidv7(),
    type: 'OrderExecuted',
    version: 1,
    source: 'orders',
    aggregateId,
    sequence,
    correlationId: 'correlation-1',
    causationId: null,
    traceparent: null,
    occurredAt: new Date().toISOString(),
    data: {},
  };
}
