// One customer's token against everything of another customer: every field, every mutation and the subscription of
// the API on both BFFs, every entity of every subgraph, every endpoint between services. What is walked comes from
// the schemas, so a field that is new is covered or fails. The same walk with the victim's own token finds data.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSchema, getNamedType, isObjectType, type GraphQLObjectType } from 'graphql';
import { bankClient, type BankClient } from '@simplebank/testkit';
import { services, type ServiceName } from '../topology.ts';
import { entityFields, type EntityField } from './entities.fixture.ts';
import { codesOf, send, type WireAnswer } from './http.fixture.ts';
import { orderSubscription, place, placeOrder, stateOf } from './orders.ts';
import { refusalOf } from './refused.fixture.ts';
import { fieldsOf, leavesOf, rootDocuments } from './schema-walk.fixture.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { serviceToken, uselessTokens } from './tokens.fixture.ts';
import { argumentsFor, keysOf, victimOf, type Victim } from './victim.fixture.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const schema = buildSchema(readFileSync(`${root}/schema/api.graphql`, 'utf8'));
const bffs = ['bff-web', 'bff-mobile'] as const;
const ownAccountId = 'acc-1001';
/** Everyone who is signed in may see these, and `me` is about the caller; no field of a customer belongs here. */
const forEveryone = new Set([
  'Query.me',
  'Query.feeSchedule',
  'Query.instruments',
  'Query.instrument',
  'Query.quotes',
]);
const entitiesForEveryone = new Set(['Instrument']);
/** Null for a plain order that went well, also to its owner. */
const nullForTheOwner =
  /\.(limitPrice|rejection|cancelRejection|completedAt|outcome|fault|endCursor|averagePrice)$/;
const denials = new Set(['FORBIDDEN', 'UNAUTHENTICATED']);

let started: StartedBank;
let victim: Victim;
let attacker: BankClient;
before(async () => {
  started = await startedBank();
  [victim, attacker] = await Promise.all([started.client('grace').then(victimOf), started.client('ada')]);
});
after(() => started[Symbol.asyncDispose]());

const graphqlOf = (service: ServiceName) => `${started.bank.addresses[service]}/graphql`;
const quoted = (text: string) => JSON.stringify(text);

interface RootDocument {
  readonly coordinate: string;
  readonly query: string;
}

function queryDocuments(): readonly RootDocument[] {
  const query = schema.getQueryType() as GraphQLObjectType;
  const walk = { values: argumentsFor(victim), depth: 2 };
  return fieldsOf(query).flatMap((field) =>
    rootDocuments(query, field, walk).map((text) => ({
      coordinate: `Query.${field.name}`,
      query: `{ ${text} }`,
    })),
  );
}

/** Denied and nothing said: every error is a denial, and the data holds nothing but what was sent. */
function assertDenied(answer: WireAnswer, sent: string, what: string): void {
  const codes = codesOf(answer);
  assert.ok(codes.length > 0 && codes.every((code) => denials.has(code)), `${what}: ${answer.text}`);
  assertSaysNothing(answer, sent, what);
}

function assertSaysNothing({ data, text }: WireAnswer, sent: string, what: string): void {
  const said = leavesOf(data).filter(
    ({ path, value }) => !path.endsWith('__typename') && !sent.includes(String(value)),
  );
  assert.deepEqual(said, [], `${what} says more than it was asked with`);
  for (const secret of [victim.clientOrderId, victim.notificationId, victim.liveCursor]) {
    assert.ok(sent.includes(secret) || !text.includes(secret), `${what}: ${text}`);
  }
}

test('the walk with the own token finds data in every field of the API, so that it would find a leak', async () => {
  const found = new Set<string>();
  for (const { coordinate, query } of queryDocuments()) {
    const answer = await send(graphqlOf('bff-web'), { token: victim.client.token, body: { query } });
    assert.deepEqual(codesOf(answer), [], `${coordinate}: ${answer.text} for ${query}`);
    for (const { path } of leavesOf(answer.data)) found.add(path);
  }
  const missing: string[] = [];
  const query = schema.getQueryType() as GraphQLObjectType;
  for (const field of fieldsOf(query)) {
    const below = getNamedType(field.type);
    for (const inner of isObjectType(below) ? fieldsOf(below) : []) {
      const path = `${field.name}.${inner.name}`;
      if (nullForTheOwner.test(path)) continue;
      if (![...found].some((leaf) => leaf === path || leaf.startsWith(`${path}.`))) missing.push(path);
    }
  }
  assert.deepEqual(missing, []);
});

for (const entry of [...bffs, 'gateway'] as const) {
  test(`every field of Query through ${entry} denies what is another customer's`, async () => {
    for (const { coordinate, query } of queryDocuments()) {
      const answer = await send(graphqlOf(entry), { token: attacker.token, body: { query } });
      const what = `${coordinate} through ${entry}: ${query}`;
      if (forEveryone.has(coordinate)) {
        assert.deepEqual(codesOf(answer), [], what);
        for (const id of [victim.customerId, victim.accountId, victim.filledOrderId, 'Grace', 'grace@'])
          assert.ok(!answer.text.includes(id), what);
      } else assertDenied(answer, query, what);
    }
  });
}

test('entities and introspection of subgraphs cannot be asked for through the gateway', async () => {
  const query = `{ _entities(representations: [{ __typename: "Order", id: ${quoted(victim.filledOrderId)} }]) { ... on Order { status } } }`;
  for (const entry of [...bffs, 'gateway'] as const) {
    const answer = await send(graphqlOf(entry), { token: victim.client.token, body: { query } });
    assert.deepEqual(new Set(codesOf(answer)), new Set(['GRAPHQL_VALIDATION_FAILED']));
  }
});

test('every mutation on what is another customer’s is denied and changes nothing', async () => {
  const inputs: Record<string, Record<string, unknown>> = {
    placeOrder: {
      clientOrderId: 'attack',
      order: { accountId: victim.accountId, symbol: victim.symbol, side: 'SELL', quantity: '1' },
    },
    cancelOrder: { orderId: victim.workingOrderId },
  };
  const before = await victimsWorld();
  for (const field of fieldsOf(schema.getMutationType() as GraphQLObjectType)) {
    const input = inputs[field.name];
    assert.ok(input, `${field.name} is new: say how to attack with it`);
    const type = String(field.args[0]?.type);
    const query = `mutation Attack($input: ${type}) { ${field.name}(input: $input) { __typename } }`;
    for (const entry of [...bffs, 'gateway', 'orders'] as const) {
      const answer = await send(graphqlOf(entry), {
        token: attacker.token,
        // The mobile BFF takes no mutation without one.
        headers: { 'idempotency-key': crypto.randomUUID() },
        body: { query, variables: { input } },
      });
      assertDenied(answer, JSON.stringify(input), `${field.name} through ${entry}`);
    }
  }
  assert.deepEqual(await victimsWorld(), before);
  assert.equal((await stateOf(victim.client, victim.workingOrderId)).status, 'WORKING');
});

test('another customer’s clientOrderId makes an order of one’s own, and does not show theirs', async () => {
  const { id } = await place(
    attacker,
    { accountId: ownAccountId, symbol: 'ACME', side: 'SELL', quantity: '1' },
    victim.clientOrderId,
  );
  assert.notEqual(id, victim.filledOrderId);
});

test('page cursors of another customer’s lists open nothing', async () => {
  const { orders, activities, notifications } = victim.pageCursors;
  for (const query of [
    `{ account(id: "${ownAccountId}") { orders(after: ${quoted(orders)}) { nodes { id } } } }`,
    `{ account(id: "${ownAccountId}") { activities(after: ${quoted(activities)}) { nodes { id } } } }`,
    `{ me { notifications(after: ${quoted(notifications)}) { nodes { id } } } }`,
  ]) {
    const answer = await send(graphqlOf('bff-web'), { token: attacker.token, body: { query } });
    assert.deepEqual(codesOf(answer), ['INVALID_PAGE'], `${query}: ${answer.text}`);
  }
});

const accountSubscription =
  'subscription ($id: ID!, $after: String) { accountUpdated(accountId: $id, after: $after) { cash { balance { amount } } orders { nodes { id } } } }';

test('every subscription is one that is attacked here, or says nothing of anybody', () => {
  const fields = fieldsOf(schema.getSubscriptionType() as GraphQLObjectType).map(({ name }) => name);
  assert.deepEqual(fields.toSorted(), ['accountUpdated', 'orderUpdated', 'quotesUpdated']);
  const { quotesUpdated } = schema.getSubscriptionType()?.getFields() ?? {};
  const [instruments] = fieldsOf(getNamedType(quotesUpdated?.type) as GraphQLObjectType).filter(({ type }) =>
    isObjectType(getNamedType(type)),
  );
  assert.ok(entitiesForEveryone.has(getNamedType(instruments?.type)?.name ?? ''));
});

for (const bff of bffs) {
  test(`the state of another customer’s account is denied at ${bff}, with and without its owner’s cursor`, async () => {
    const owner = await started.client('grace', bff);
    const id = victim.accountId;
    const updates = owner.follow(accountSubscription, { id });
    const { value: first } = await updates.next();
    const cursor = first?.extensions?.cursor;
    assert.ok(cursor !== undefined && leavesOf(first.data).length > 0);
    await updates.return?.();
    const client = await started.client('ada', bff);
    for (const after of [null, '0', cursor]) {
      const { errors, said } = await refusalOf(client, accountSubscription, { id, after });
      assert.deepEqual([codesOf({ errors }), said], [['FORBIDDEN'], []]);
    }
    const own = await refusalOf(client, accountSubscription, { id: ownAccountId, after: cursor });
    assert.deepEqual([codesOf(own), own.said], [['CURSOR_INVALID'], []]);
  });

  test(`the subscription of ${bff} denies another customer’s order, with and without a cursor`, async () => {
    const client = await started.client('ada', bff);
    for (const after of [null, '0', victim.liveCursor]) {
      for (const id of [victim.filledOrderId, victim.workingOrderId]) {
        // A cursor of another order is refused before anything is asked.
        const code =
          after === victim.liveCursor && id !== victim.filledOrderId ? 'CURSOR_INVALID' : 'FORBIDDEN';
        const { errors, said } = await refusalOf(client, orderSubscription, { id, after });
        assert.deepEqual([codesOf({ errors }), said], [[code], []]);
      }
    }
  });

  test(`queries and mutations over the socket of ${bff} are denied as over HTTP`, async () => {
    const client = await started.client('ada', bff);
    const input = {
      clientOrderId: 'socket',
      order: { accountId: victim.accountId, symbol: victim.symbol, side: 'SELL', quantity: '1' },
    };
    for (const { query, variables } of [
      { query: `{ order(id: ${quoted(victim.filledOrderId)}) { status } }`, variables: {} },
      { query: placeOrder, variables: { input } },
    ]) {
      const { errors, said } = await refusalOf(client, query, variables);
      assert.deepEqual([codesOf({ errors }), said], [['FORBIDDEN'], []]);
    }
  });
}

const entities = (): readonly EntityField[] => entityFields(keysOf(victim), { values: {}, depth: 2 });

const askEntity = ({ subgraph, query, representation }: EntityField, token?: string) =>
  send(graphqlOf(subgraph as ServiceName), { token, body: { query, variables: { of: [representation] } } });

test('the entities of every subgraph answer their owner in every field', async () => {
  const entered = new Set(entities().map(({ subgraph }) => subgraph));
  const subgraphs = Object.entries(services).flatMap(([name, { subgraph }]) => (subgraph ? [name] : []));
  assert.deepEqual([...entered].toSorted(), subgraphs.toSorted());
  for (const entity of entities()) {
    const answer = await askEntity(entity, victim.client.token);
    const what = `${entity.type}.${entity.field} of ${entity.subgraph}`;
    assert.deepEqual(codesOf(answer), [], `${what}: ${answer.text}`);
    if (!nullForTheOwner.test(what.split(' ')[0] ?? '')) assert.ok(leavesOf(answer.data).length > 0, what);
  }
});

test('no entity of any subgraph answers another customer, whatever else the representation claims', async () => {
  const claims = {
    customerId: 'cus-ada',
    accountIds: [ownAccountId],
    caller: { customerId: victim.customerId },
  };
  for (const entity of entities()) {
    const { subgraph, type, field, query, representation } = entity;
    const forged = { ...claims, accountId: ownAccountId, ...representation };
    const own = { __typename: 'Account', id: ownAccountId };
    // An own account in the same batch is answered, and lends its rights to nothing beside it.
    const of = [representation, forged, ...(type === 'Account' ? [own] : [])];
    const sent = JSON.stringify(of);
    const answer = await send(graphqlOf(subgraph as ServiceName), {
      token: attacker.token,
      body: { query, variables: { of } },
    });
    const what = `${type}.${field} of ${subgraph}`;
    if (entitiesForEveryone.has(type)) assert.deepEqual(codesOf(answer), [], what);
    else if (entity.isKey) assertSaysNothing(answer, sent, what);
    else if (type === 'Account') {
      const { _entities: answered } = answer.data as { _entities: unknown[] };
      const [victims, claimed, mine] = answered;
      assert.deepEqual([leavesOf(victims), leavesOf(claimed)], [[], []], what);
      assert.deepEqual(codesOf(answer), ['FORBIDDEN', 'FORBIDDEN'], what);
      assert.ok(leavesOf(mine).length > 0, `${what}: ${answer.text}`);
    } else assertDenied(answer, sent, what);
  }
});

test('nobody without a valid token sees anything: expired, forged and altered tokens are refused everywhere', async () => {
  const { customerId, accountId } = victim;
  const wanted = { customerId, accountIds: [accountId] };
  const tokens = await uselessTokens({ dataDir: started.dataDir, token: attacker.token, wanted });
  const documents = new Map(queryDocuments().map((document) => [document.coordinate, document]));
  const onePerType = new Map(
    entities().flatMap((entity) => (entity.isKey ? [] : [[`${entity.subgraph} ${entity.type}`, entity]])),
  );
  for (const [flaw, token] of [['missing', undefined] as const, ...tokens]) {
    for (const { coordinate, query } of documents.values()) {
      const answer = await send(graphqlOf('bff-web'), { token, body: { query } });
      assert.deepEqual(new Set(codesOf(answer)), new Set(['UNAUTHENTICATED']), `${flaw}: ${answer.text}`);
      assertSaysNothing(answer, '', `${coordinate} with a token that is ${flaw}`);
    }
    for (const entity of onePerType.values()) {
      const answer = await askEntity(entity, token);
      assert.deepEqual(new Set(codesOf(answer)), new Set(['UNAUTHENTICATED']), `${flaw}: ${answer.text}`);
      assertSaysNothing(answer, '', `${entity.type} of ${entity.subgraph} with a token that is ${flaw}`);
    }
    if (token === undefined) continue;
    for (const bff of bffs) {
      const client = bankClient({ bffUrl: started.bank.addresses[bff], token });
      const opened = Array.fromAsync(
        client.follow(orderSubscription, { id: victim.filledOrderId, after: '0' }),
      );
      await assert.rejects(opened, { code: 4403 }, `a socket with a token that is ${flaw}`);
    }
  }
});

test('endpoints between services take only a token made for that service', async () => {
  const { serviceTokenSecret: secret } = JSON.parse(
    readFileSync(`${started.dataDir}/wiring.json`, 'utf8'),
  ) as { serviceTokenSecret: string };
  const endpoints = internalEndpoints();
  for (const { service, path } of endpoints) {
    const url = `${started.bank.addresses[service]}${path}`;
    const others = (Object.keys(services) as ServiceName[]).filter((name) => name !== service);
    const refused = [
      undefined,
      attacker.token,
      victim.client.token,
      ...others.map((target) => serviceToken({ secret, from: service, target })),
      serviceToken({ secret: 'guessed', from: 'orders', target: service }),
    ];
    for (const token of refused) {
      const answer = await send(url, { token, body: {} });
      assert.deepEqual([answer.status, codesOf(answer)], [403, ['FORBIDDEN']], `${url}: ${answer.text}`);
    }
    const made = serviceToken({ secret, from: 'orders', target: service });
    assert.notEqual((await send(url, { token: made, body: {} })).status, 403, `${url} takes its own`);
  }
});

/** From the contracts' text: `service: 'accounts', path: '/internal/reserve'`. */
function internalEndpoints(): { service: ServiceName; path: string }[] {
  const found = globSync('packages/contracts/*-endpoints.ts', { cwd: root }).flatMap((file) => {
    const text = readFileSync(`${root}/${file}`, 'utf8');
    return [...text.matchAll(/service: '(\w+)',\s*path: '(\/internal\/[\w/-]+)'/g)];
  });
  assert.ok(found.length > 10, 'the endpoints are read from the contracts');
  return found.map(([, service, path]) => ({ service: service as ServiceName, path: path ?? '' }));
}

async function victimsWorld(): Promise<unknown> {
  const query = `{ account(id: ${quoted(victim.accountId)}) { cash { balance { amount } reserved { amount } } positions { symbol quantity reserved } orders(first: 100) { nodes { id status sequence } } } }`;
  return victim.client.data(query);
}
