import { strict as assert } from 'node:assert';
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { z } from 'zod';
import { accessTokenAudience } from '@simplebank/chassis';
import { eventually, startExchange, startMarket, type Market } from './market.fixture.ts';

/** Publishes a key and signs tokens with it, as the identity provider does. */
async function startIdentity() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256', use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    url: `http://127.0.0.1:${port}`,
    tokenFor(accounts: readonly string[]): string {
      const now = Math.floor(Date.now() / 1000);
      const claims = { sub: 'cus-1', accounts, iss: 'test-issuer', aud: accessTokenAudience, exp: now + 300 };
      const text = `${encode({ alg: 'ES256', kid: 'test' })}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${text}.${signature.toString('base64url')}`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).optional(),
});

async function ask(market: Market, token: string | undefined, query: string, variables: object = {}) {
  const response = await fetch(`${market.service.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors = [] } = answerSchema.parse(await response.json());
  return { data, codes: errors.map(({ extensions }) => extensions.code) };
}

const entities = `query ($of: [_Any!]!) { _entities(representations: $of) {
  ... on Instrument { symbol name quote { bid } }
  ... on Execution { id quantity order { id } }
  ... on Order { id executions { id side quantity price executedAt } }
} }`;

const entitiesSchema = z
  .object({ _entities: z.array(z.record(z.string(), z.unknown()).nullable()) })
  .transform((data) => data['_entities']);
const executionsSchema = z.array(z.object({ id: z.string(), quantity: z.string() }));

test('instruments and quotes are for everyone who is signed in, and for nobody else', async () => {
  await using identity = await startIdentity();
  await using exchange = await startExchange();
  await using market = await startMarket(exchange, identity.url);
  const query = '{ instruments { symbol currency tickSize lotSize } instrument(symbol: "NOPE") { symbol } }';
  const { data, codes } = await ask(market, identity.tokenFor([]), query);
  assert.deepEqual(codes, []);
  const { instruments, instrument } = z
    .object({ instruments: z.array(z.record(z.string(), z.string())), instrument: z.null() })
    .parse(data);
  assert.equal(instrument, null);
  assert.equal(instruments.length, 8);
  assert.deepEqual(instruments[0], { symbol: 'ACME', currency: 'USD', tickSize: '0.01', lotSize: '1' });
  await eventually('a quote', async () => {
    const quoted = await ask(
      market,
      identity.tokenFor([]),
      '{ instrument(symbol: "ACME") { quote { bid ask last at } } }',
    );
    return z.object({ instrument: z.object({ quote: z.object({ bid: z.string() }) }) }).safeParse(quoted.data)
      .data;
  });
  for (const [unsigned, variables] of [
    [query, {}],
    [entities, { of: [{ __typename: 'Instrument', symbol: 'ACME' }] }],
    [entities, { of: [{ __typename: 'Execution', id: 'E-1' }] }],
    [entities, { of: [{ __typename: 'Order', id: 'o-1' }] }],
  ] as const) {
    assert.deepEqual((await ask(market, undefined, unsigned, variables)).codes.slice(0, 1), [
      'UNAUTHENTICATED',
    ]);
  }
});

test('quotes of some symbols come with a version that a newer one outgrows', async () => {
  await using identity = await startIdentity();
  await using exchange = await startExchange();
  await using market = await startMarket(exchange, identity.url);
  const token = identity.tokenFor([]);
  const query =
    'query ($of: [String!]!) { quotes(symbols: $of) { version instruments { symbol quote { bid at } } } }';
  const quote = z.object({ bid: z.string(), at: z.iso.datetime() });
  const quotesSchema = z.object({
    quotes: z.object({
      version: z.number(),
      instruments: z.array(z.object({ symbol: z.string(), quote })),
    }),
  });
  const of = ['HOOLI', 'ACME', 'NOPE', 'ACME', '\u0000'];
  const read = async () =>
    quotesSchema.safeParse((await ask(market, token, query, { of })).data).data?.quotes;
  const first = await eventually('quotes', read);
  assert.deepEqual(
    first.instruments.map(({ symbol }) => symbol),
    ['ACME', 'HOOLI'],
  );
  const times = first.instruments.map(({ quote: { at } }) => Date.parse(at));
  assert.equal(
    first.version,
    times.reduce((sum, at) => sum + at, 0),
  );
  await eventually('a newer one', async () => {
    const next = await read();
    return next !== undefined && next.version > first.version ? next : undefined;
  });
  const many = Array.from({ length: 101 }, (_, index) => `S${index}`);
  assert.deepEqual((await ask(market, token, query, { of: many })).codes, ['TOO_MANY_SYMBOLS']);
  assert.deepEqual((await ask(market, token, query, { of: many.slice(1) })).codes, []);
  assert.deepEqual((await ask(market, undefined, query, { of })).codes, ['UNAUTHENTICATED']);
});

test("executions are for who may act on their account, and many orders' cost one statement", async () => {
  await using identity = await startIdentity();
  await using exchange = await startExchange();
  await using market = await startMarket(exchange, identity.url);
  const orderIds = Array.from({ length: 30 }, (_, index) => `o-${index}`);
  await Promise.all(orderIds.map((orderId) => market.route(orderId)));
  for (const orderId of orderIds) await market.eventsUntil(orderId, 'ExecutionReported');
  const own = identity.tokenFor(['acc-1', 'acc-9']);
  const foreign = identity.tokenFor(['acc-2']);
  const orders = { of: orderIds.map((id) => ({ __typename: 'Order', id })) };

  const countOf = async () =>
    Number(
      /sql_statements_total\{statement="executions\.by-order".*\} (\d+)/.exec(
        await market.service.metrics.text(),
      )?.[1],
    );
  await ask(market, own, entities, { of: [{ __typename: 'Order', id: 'o-0' }] });
  const before = await countOf();
  const answer = await ask(market, own, entities, orders);
  assert.equal(await countOf(), before + 1);
  assert.deepEqual(answer.codes, []);
  const found = entitiesSchema.parse(answer.data);
  const executionIds = found.flatMap((order) =>
    executionsSchema.parse(order?.['executions']).map(({ id }) => id),
  );
  assert.ok(executionIds.length >= orderIds.length);

  const refused = await ask(market, foreign, entities, orders);
  assert.deepEqual([...new Set(refused.codes)], ['FORBIDDEN']);
  assert.equal(refused.codes.length, orderIds.length);

  const executions = { of: executionIds.map((id) => ({ __typename: 'Execution', id })) };
  assert.deepEqual((await ask(market, own, entities, executions)).codes, []);
  const stolen = await ask(market, foreign, entities, executions);
  assert.deepEqual([...new Set(stolen.codes)], ['FORBIDDEN']);
  assert.equal(stolen.codes.length, executionIds.length);
  const unknown = await ask(market, own, entities, { of: [{ __typename: 'Execution', id: 'nope' }] });
  assert.deepEqual(unknown.codes, ['FORBIDDEN']);
  const neverRouted = await ask(market, foreign, entities, { of: [{ __typename: 'Order', id: 'o-none' }] });
  assert.deepEqual(entitiesSchema.parse(neverRouted.data), [{ id: 'o-none', executions: [] }]);
});

test('an order without executions is for its own account, and what can be no key is nothing', async () => {
  await using identity = await startIdentity();
  await using exchange = await startExchange();
  await exchange.kill();
  await using market = await startMarket(exchange, identity.url);
  await market.route('o-1');
  const own = identity.tokenFor(['acc-1']);
  const order = { of: [{ __typename: 'Order', id: 'o-1' }] };
  const answer = await ask(market, own, entities, order);
  assert.deepEqual(entitiesSchema.parse(answer.data), [{ id: 'o-1', executions: [] }]);
  assert.deepEqual((await ask(market, identity.tokenFor(['acc-2']), entities, order)).codes, ['FORBIDDEN']);

  const { data, codes } = await ask(
    market,
    own,
    'query ($symbol: String!) { instrument(symbol: $symbol) { symbol } }',
    { symbol: '\u0000' },
  );
  assert.deepEqual([data, codes], [{ instrument: null }, []]);
  for (const key of ['\u0000', 'A\u0000', '', null, ['ACME'], {}]) {
    const instruments = { of: ['ACME', key].map((symbol) => ({ __typename: 'Instrument', symbol })) };
    const found = await ask(market, own, entities, instruments);
    assert.deepEqual(found.codes, [], JSON.stringify(key));
    const [acme, nothing] = entitiesSchema.parse(found.data);
    assert.deepEqual([acme?.['name'], nothing], ['Acme Corporation', null]);
    const executions = { of: [{ __typename: 'Execution', id: key }] };
    assert.deepEqual((await ask(market, own, entities, executions)).codes, ['FORBIDDEN']);
    if (typeof key !== 'string') continue;
    const orders = { of: [{ __typename: 'Order', id: key }] };
    assert.deepEqual((await ask(market, own, entities, orders)).codes, ['FORBIDDEN']);
  }
});
