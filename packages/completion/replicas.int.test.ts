// Two BFFs with a bus connection each, as in two processes behind a load balancer: both serve subscribers of the same
// order, and a client resumes at the other one.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPostgresBus, uuidv7 } from '@simplebank/events';
import { answerJson, bankClient, testDatabase, testHost, testIdentity, testPeer } from '@simplebank/testkit';
import { serveClientApi } from './client-api.ts';
import { afterName, finalAlias, sequenceAlias } from './twin.ts';

const apiSchema = `
  type Query { orderUpdates(orderId: ID!, afterSequence: Int, first: Int!): [OrderUpdate!]! }
  type Subscription { orderUpdated(orderId: ID!, after: String): OrderUpdate! }
  type OrderUpdate { sequence: Int! final: Boolean! event: String! }
`;
const liveFields = { orderUpdated: { twin: 'orderUpdates', key: 'orderId', stream: 'orders' } };
const follow = 'subscription ($after: String!) { orderUpdated(orderId: "ord-1", after: $after) { event } }';
/** The order's last event. */
const lastSequence = 9;

interface Update {
  orderUpdated: { event: string };
}

/** One order's log behind a scripted gateway, two BFFs and a client of each. */
async function openBffs() {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'completion-test-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const apiSchemaFile = join(folder, 'api.graphql');
  await writeFile(apiSchemaFile, apiSchema);
  const database = stack.use(await testDatabase());
  const identity = stack.use(await testIdentity());
  let happened = 0;
  const gateway = stack.use(
    await testPeer((request, response) => {
      const { variables } = JSON.parse(request.body) as { variables: Record<string, number | null> };
      const log = Array.from({ length: happened }, (_, index) => index + 1);
      const orderUpdated = log
        .filter((sequence) => sequence > (variables[afterName] ?? 0))
        .map((sequence) => ({
          event: `event ${sequence}`,
          [sequenceAlias]: sequence,
          [finalAlias]: sequence === lastSequence,
        }));
      answerJson(response, { data: { orderUpdated } });
    }),
  );
  const token = identity.tokenFor({ customerId: 'cus-ada', accountIds: [] });
  const openClient = async (name: string) => {
    const bff = stack.use(
      testHost({
        service: 'bff-web',
        issuer: identity.issuer,
        // Hosts of one process share the bus of one URL; these must not.
        busUrl: `${database.url}?application_name=${name}`,
        addresses: { gateway: gateway.address, identity: identity.address },
      }),
    );
    const options = { apiSchemaFile, cursorSecret: 'x'.repeat(32), liveFields };
    const { url } = await serveClientApi(bff.host, options);
    const client = bankClient({ bffUrl: url, token });
    stack.defer(() => client.close());
    return client;
  };
  const clients = [await openClient('one'), await openClient('other')] as const;
  const bus = stack.use(await openPostgresBus({ url: database.url, log: quiet }));
  const moved = stack.move();
  return {
    clients,
    async happens() {
      happened += 1;
      await bus.publish('orders', [eventOf(happened)]);
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

const quiet = { warn: () => undefined, error: () => undefined };

function eventOf(sequence: number) {
  const ids = { id: uuidv7(), aggregateId: 'ord-1', correlationId: 'correlation-1' };
  const from = { type: 'OrderExecuted', version: 1, source: 'orders', causationId: null, traceparent: null };
  return { ...ids, ...from, sequence, occurredAt: new Date().toISOString(), data: {} };
}

const story = Array.from({ length: lastSequence }, (_, index) => `event ${index + 1}`);

test('subscribers of one order at two BFFs each get every event, the last one too, as soon as it happens', async () => {
  await using bffs = await openBffs();
  await bffs.happens();
  const followers = bffs.clients.flatMap((client) =>
    Array.from({ length: 3 }, () => client.follow<Update>(follow, { after: '0' })),
  );
  const startedAt = performance.now();
  for (const [index, expected] of story.entries()) {
    const payloads = await Promise.all(followers.map((updates) => updates.next()));
    const events = payloads.map(({ value }) => value?.data?.orderUpdated.event);
    assert.deepEqual(events, Array(followers.length).fill(expected));
    if (index + 1 < story.length) await bffs.happens();
  }
  const ends = await Promise.all(followers.map((updates) => updates.next()));
  assert.deepEqual(new Set(ends.map(({ done }) => done)), new Set([true]));
  // Each event came by the bus: the live queries' own poll takes 30 s for one.
  assert.ok(performance.now() - startedAt < 8_000);
});

test('who lost the one BFF resumes at the other, after each event in turn, and misses and repeats none', async () => {
  await using bffs = await openBffs();
  let after = '0';
  const seen: (string | undefined)[] = [];
  for (let sequence = 1; sequence <= lastSequence; sequence += 1) {
    await bffs.happens();
    const updates = bffs.clients[sequence % 2 === 0 ? 0 : 1].follow<Update>(follow, { after });
    const { value } = await updates.next();
    seen.push(value?.data?.orderUpdated.event);
    after = value?.extensions?.cursor ?? '';
    await updates.return?.();
  }
  assert.deepEqual(seen, story);
  for (const client of bffs.clients) {
    assert.equal((await client.follow<Update>(follow, { after }).next()).done, true);
  }
});
