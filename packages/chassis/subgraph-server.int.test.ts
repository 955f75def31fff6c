// A subgraph over real HTTP: which errors leave it and how, and whose context its resolvers see.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLError } from 'graphql';
import { test } from 'node:test';
import { testHost, testIdentity, until } from '@simplebank/testkit';
import { currentContext } from './context.ts';
import { DatabaseUnavailable, DeadlineExceeded } from './database-faults.ts';
import { PublicError } from './rejection.ts';
import type { SubgraphResolvers } from './subgraph-server.ts';

const typeDefs = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query {
    refused: String
    bug: String
    plain: String
    late: String
    down: String
    me: String!
    whoami: Who!
    slow: String
    half(first: Int!): String
  }
  type Who { customer: String! batch: String! correlationId: String! }
`;

interface Loaders {
  readonly batch: () => Promise<string>;
}

const fail = (error: Error) => () => {
  throw error;
};

let pauses = 0;
/** A few milliseconds, each time another number, so that requests overtake one another. */
const pause = () => sleep((pauses += 7) % 10);

const gate = Promise.withResolvers<void>();
let slowStarted = false;

const resolvers: SubgraphResolvers<Loaders> = {
  Query: {
    refused: fail(new PublicError({ code: 'ACCOUNT_CLOSED', message: 'The account is closed.' })),
    bug: () => {
      throw new Error('a secret detail', { cause: new Error('and its cause') });
    },
    plain: () => {
      throw new GraphQLError('a library said something');
    },
    late: fail(new DeadlineExceeded('select pg_sleep')),
    down: fail(new DatabaseUnavailable(new Error('127.0.0.1:4300'))),
    me: (_root, _args, { caller }) => caller.customerId,
    whoami: async (_root, _args, context) => {
      await pause();
      return { customer: context.caller.customerId };
    },
    slow: async () => {
      slowStarted = true;
      await gate.promise;
      return 'done';
    },
    half: () => 'half',
  },
  Who: {
    batch: (_who: unknown, _args: unknown, { loaders }: { loaders: Loaders }) => loaders.batch(),
    correlationId: async () => {
      await pause();
      return currentContext()?.correlationId;
    },
  },
};

async function start() {
  const identity = await testIdentity();
  const fees = testHost({
    service: 'fees',
    issuer: identity.issuer,
    addresses: { identity: identity.address },
  });
  const { url, stop } = await fees.host.serveSubgraph<Loaders>({
    typeDefs,
    resolvers,
    loaders: (caller) => ({
      batch: async () => {
        await pause();
        return caller().customerId;
      },
    }),
  });
  return {
    identity,
    logs: fees.logs,
    stop,
    async ask(query: string, headers: Record<string, string> = {}, variables: object = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      const text = await response.text();
      const answer = JSON.parse(text) as {
        data?: Record<string, unknown> | null;
        errors?: { message: string; path?: string[]; extensions: Record<string, unknown> }[];
      };
      return { text, status: response.status, ...answer };
    },
    async [Symbol.asyncDispose]() {
      await fees[Symbol.asyncDispose]();
      await identity[Symbol.asyncDispose]();
    },
  };
}

test('a public error passes with its code and path, and nothing is logged as a fault', async () => {
  await using fees = await start();
  const { data, errors } = await fees.ask('{ refused }');
  assert.deepEqual(data, { refused: null });
  assert.equal(errors?.[0]?.message, 'The account is closed.');
  assert.deepEqual(errors[0].path, ['refused']);
  assert.deepEqual(errors[0].extensions, { code: 'ACCOUNT_CLOSED' });
  assert.deepEqual(
    fees.logs.filter(({ level }) => level === 'error'),
    [],
  );
});

for (const [field, code] of [
  ['bug', 'INTERNAL_ERROR'],
  ['plain', 'INTERNAL_ERROR'],
  ['late', 'DEADLINE_EXCEEDED'],
  ['down', 'SERVICE_UNAVAILABLE'],
] as const) {
  test(`a fault in ${field} is masked as ${code} with the correlation id, and logged with its cause`, async () => {
    await using fees = await start();
    const { text, errors } = await fees.ask(`{ ${field} }`, { 'x-correlation-id': 'correlation-7' });
    assert.deepEqual(errors?.[0]?.extensions, { code, correlationId: 'correlation-7' });
    assert.doesNotMatch(text, /secret|pg_sleep|4300|library|stack|\.ts/);
    const line = fees.logs.find(({ level }) => level === 'error');
    assert.equal(line?.['correlationId'], 'correlation-7');
    assert.match(JSON.stringify(line), /secret detail|pg_sleep|4300|library/);
  });
}

test('a resolver that reads the caller of a request without a token answers UNAUTHENTICATED', async () => {
  await using fees = await start();
  const { data, errors } = await fees.ask('{ me }');
  assert.equal(data, null);
  assert.deepEqual(errors?.[0]?.extensions, { code: 'UNAUTHENTICATED' });
});

for (const [what, query, variables, code] of [
  ['does not parse', '{ me', {}, 'GRAPHQL_PARSE_FAILED'],
  ['does not fit the schema', '{ nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
  ['has a wrong variable', 'query ($n: Int!) { half(first: $n) }', { n: 'x' }, 'BAD_USER_INPUT'],
  ['is empty', '', {}, 'BAD_REQUEST'],
] as const) {
  test(`a document that ${what} is refused as ${code} without a stack trace`, async () => {
    await using fees = await start();
    const { text, errors } = await fees.ask(query, {}, variables);
    assert.equal(errors?.[0]?.extensions['code'], code);
    assert.doesNotMatch(text, /stacktrace|\.ts|node_modules/);
  });
}

test('fifty requests at once each see their own caller, loaders and correlation id', async () => {
  await using fees = await start();
  const asked = Array.from({ length: 50 }, (_, index) => ({
    customer: `cus-${index}`,
    id: `correlation-${index}`,
  }));
  const answers = await Promise.all(
    asked.map(({ customer, id }) =>
      fees.ask('{ whoami { customer batch correlationId } }', {
        'x-correlation-id': id,
        authorization: `Bearer ${fees.identity.tokenFor({ customerId: customer, accountIds: [] })}`,
      }),
    ),
  );
  assert.deepEqual(
    answers.map(({ data }) => data?.['whoami']),
    asked.map(({ customer, id }) => ({ customer, batch: customer, correlationId: id })),
  );
});

test('a query that runs when the service stops is still answered', async () => {
  await using fees = await start();
  const running = fees.ask('{ slow }');
  await until('the query runs', () => slowStarted);
  const stopped = fees.stop();
  gate.resolve();
  assert.deepEqual((await running).data, { slow: 'done' });
  await stopped;
});

test('serving leaves the signals of the process alone', async () => {
  const before = process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
  await using fees = await start();
  assert.equal((await fees.ask('{ half(first: 1) }')).status, 200);
  assert.equal(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT'), before);
});
