// A BFF's subscription server with what it needs around it: an identity, a scripted gateway, news told by hand,
// and raw sockets that speak the protocol message by message.
import { once } from 'node:events';
import { buildSchema } from 'graphql';
import { WebSocket } from 'ws';
import { answerJson, testHost, testIdentity, testPeer, until } from '@simplebank/testkit';
import { toldChanges } from './live/changes.fixture.ts';
import { anyAppVersion } from './app-versions.ts';
import { createClientDocuments } from './client-documents.ts';
import { createCursors } from './live/cursor.ts';
import { createGatewayClient } from './gateway-client.ts';
import { noLiveLimits, type LiveLimitOptions } from './limits/live-limits.ts';
import { createRateLimits, type RateLimitOptions } from './limits/rate-limits.ts';
import { noEndedSessions } from './sessions/session-ends.ts';
import { serveSubscriptions } from './subscription-server.ts';
import { noTrustedDocuments, type TrustedDocuments } from './trusted-documents.ts';
import { finalAlias, sequenceAlias } from './live/twin.ts';

const schema = buildSchema(`
  type Query {
    hello: String
    never: String
    orderUpdates(orderId: ID!, afterSequence: Int, first: Int!): [OrderUpdate!]!
    account(id: ID!): Account
    quotes(symbols: [String!]!): Quotes
  }
  type Subscription {
    orderUpdated(orderId: ID!, after: String): OrderUpdate!
    accountUpdated(accountId: ID!, after: String): Account!
    quotesUpdated(symbols: [String!]!, after: String): Quotes!
    unserved: String
  }
  type Account { cash: String! }
  type Quotes { bid: Int! }
  type OrderUpdate { sequence: Int! final: Boolean! event: String! }
`);
const liveFields = {
  orderUpdated: { twin: 'orderUpdates', key: 'orderId', stream: 'orders' },
  accountUpdated: {
    twin: 'account',
    key: 'accountId',
    state: { twinKey: 'id', news: { stream: 'orders', by: 'accountId' } },
  },
  quotesUpdated: { twin: 'quotes', key: 'symbols', state: { pollMs: 1_000 } },
};

/** Signs the cursors. */
export const secret = 'a secret of the test';

export interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

/** A BFF's subscription server, a stand-in for the gateway, and an identity; `trusted`: it runs nothing else. */
export async function startSubscriptions({
  trusted,
  rateLimits = { perAddress: 0, perCustomer: 0 },
  liveLimits = {},
}: {
  readonly trusted?: TrustedDocuments;
  readonly rateLimits?: RateLimitOptions;
  readonly liveLimits?: Partial<LiveLimitOptions>;
} = {}) {
  const identity = await testIdentity();
  let events: object[] = [];
  let accountUpdated: object | null = { cash: '0' };
  const gateway = await testPeer((request, response) => {
    const { query } = JSON.parse(request.body) as { query: string };
    if (query.includes('never')) return;
    if (query.includes('quotesUpdated')) return answerJson(response, { data: { quotesUpdated: { bid: 1 } } });
    if (query.includes('accountUpdated')) {
      const errors = [{ message: 'no', path: ['accountUpdated'], extensions: { code: 'FORBIDDEN' } }];
      return answerJson(response, { data: { accountUpdated }, ...(accountUpdated === null && { errors }) });
    }
    answerJson(response, {
      data: query.includes('orderUpdates') ? { orderUpdated: events } : { hello: 'world' },
    });
  });
  const addresses = { identity: identity.address, gateway: gateway.address };
  const bff = testHost({ service: 'bff-web', issuer: identity.issuer, addresses });
  const changes = toldChanges();
  const client = createGatewayClient(bff.host.openCalls(4));
  const { url, stop } = await bff.host.serveHttp((app) => {
    const cursors = createCursors(secret);
    const options = {
      host: bff.host,
      server: app.server,
      documents: createClientDocuments(trusted ?? noTrustedDocuments, trusted !== undefined),
      limits: createRateLimits(rateLimits),
      liveLimits: { ...noLiveLimits, ...liveLimits },
      schema,
      liveFields,
      gateway: client,
      liveGateway: client,
      changes,
      cursors,
      endedSessions: noEndedSessions,
      appVersions: anyAppVersion,
    };
    const subscriptions = serveSubscriptions(options);
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
      subscriptions.serveStreams(scope);
    });
    app.addHook('preClose', () => subscriptions.stop());
  });
  const token = identity.tokenFor({ customerId: 'cus-ada', accountIds: ['acc-1001'] });
  const sockets: WebSocket[] = [];

  async function socket(path = '/graphql') {
    const opened = new WebSocket(`${url.replace('http', 'ws')}${path}`, 'graphql-transport-ws');
    sockets.push(opened);
    const received: Message[] = [];
    opened.on('message', (data) => received.push(JSON.parse(String(data)) as Message));
    const closed = once(opened, 'close') as Promise<[number, Buffer]>;
    await once(opened, 'open');
    const send = (message: object | string) =>
      opened.send(typeof message === 'string' ? message : JSON.stringify(message));
    const signIn = async () => {
      send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
      await until('the sign-in is acknowledged', () =>
        received.some(({ type }) => type === 'connection_ack'),
      );
    };
    const next = async (id: string) => {
      await until(`a message for ${id}`, () => received.some((message) => message.id === id));
      return received.find((message) => message.id === id);
    };
    return {
      opened,
      received,
      send,
      signIn,
      next,
      closeCode: async () => (await closed)[0],
      closeReason: async () => String((await closed)[1]),
    };
  }

  return {
    url,
    stop,
    token,
    identity,
    gateway,
    logs: bff.logs,
    changes,
    socket,
    happens: (...sequences: number[]) => {
      events = sequences.map((sequence) => ({
        event: `event ${sequence}`,
        [sequenceAlias]: sequence,
        [finalAlias]: false,
      }));
      changes.tell('orders', 'ord-1');
    },
    happensAs: (sequence: number, event: string) => {
      events = [{ event, [sequenceAlias]: sequence, [finalAlias]: false }];
      changes.tell('orders', 'ord-1');
    },
    /** Null: it is somebody else's. */
    becomes: (cash: string | null) => {
      accountUpdated = cash === null ? null : { cash };
      changes.tell('orders by accountId', 'acc-1001');
    },
    metrics: () => bff.host.metrics.text(),
    async [Symbol.asyncDispose]() {
      for (const opened of sockets) opened.terminate();
      await bff[Symbol.asyncDispose]();
      await client.close();
      await gateway[Symbol.asyncDispose]();
      await identity[Symbol.asyncDispose]();
    },
  };
}
