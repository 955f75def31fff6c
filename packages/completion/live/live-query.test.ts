import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, GraphQLError } from 'graphql';
import { abortableIterable } from '../abortable-iterable.fixture.ts';
import { toldChanges } from './changes.fixture.ts';
import { createCursors } from './cursor.ts';
import type { GatewayAnswer } from '../gateway-client.ts';
import { liveQuery, type LivePayload, type LiveQueryOptions } from './live-query.ts';
import { afterName, finalAlias, firstName, prepare, sequenceAlias } from './twin.ts';

const schema = buildSchema(`
  type Query { orderUpdates(orderId: ID!, afterSequence: Int, first: Int!): [OrderUpdate!]! }
  type Subscription { orderUpdated(orderId: ID!, after: String): OrderUpdate! }
  type OrderUpdate { sequence: Int! final: Boolean! event: String! }
`);
const live = { twin: 'orderUpdates', key: 'orderId', stream: 'orders' };
const prepared = prepare(
  schema,
  { orderUpdated: live },
  'subscription ($id: ID!) { update: orderUpdated(orderId: $id) { event } }',
  undefined,
);
assert.equal(prepared.kind, 'live');
const { document } = prepared;
const cursors = createCursors('a secret of the test');
const scope = { field: 'orderUpdated', key: 'ord-1' };

interface Asked {
  readonly after: unknown;
  readonly first: unknown;
  readonly variables: Record<string, unknown>;
}

/** A log of events `1 … length` behind the twin field; `ask` answers from it unless the script says otherwise. */
function orderLog(length: number, isFinal = false) {
  const asked: Asked[] = [];
  const causesOfReads: (readonly string[])[] = [];
  const changes = toldChanges();
  const script: (GatewayAnswer | (() => void))[] = [];
  const log = { length, isFinal };
  const page = (after: number | null, first: number): GatewayAnswer => {
    const from = after === null ? Math.max(log.length, 1) : after + 1;
    const sequences = Array.from(
      { length: Math.max(0, Math.min(log.length - from + 1, first)) },
      (_, i) => from + i,
    );
    return {
      data: { update: sequences.map((sequence) => item(sequence, log.isFinal && sequence === log.length)) },
    };
  };
  const retries: string[] = [];
  const open = (after?: number, final = false, readsApartMs = 0) =>
    abortableIterable<LivePayload>((signal) =>
      payloadsOf({
        document,
        variables: { id: 'ord-1', unused: 'x' },
        scope,
        progress: after === undefined ? undefined : { sequence: after, final },
        onRetry: (code) => void retries.push(code),
        changes,
        cursors,
        signal,
        readsApartMs,
        async ask(_query, variables, causes) {
          causesOfReads.push(causes);
          const { [afterName]: after, [firstName]: first, ...rest } = variables;
          asked.push({ after, first, variables: rest });
          const next = script.shift();
          if (typeof next === 'object') return next;
          const answer = page(after as number | null, first as number);
          next?.();
          return answer;
        },
      }),
    );
  return { log, asked, causesOfReads, changes, script, retries, open };
}

async function* payloadsOf(options: LiveQueryOptions): AsyncGenerator<LivePayload, void, void> {
  for await (const { payload } of liveQuery(options)) yield payload;
}

function item(sequence: number, final = false) {
  return { event: `event ${sequence}`, [sequenceAlias]: sequence, [finalAlias]: final };
}

function eventsOf(payloads: readonly (LivePayload | undefined)[]): unknown[] {
  return payloads.map((payload) => (payload?.data?.['update'] as { event?: string } | undefined)?.event);
}

test('replays what came after the cursor, each event in the shape that the client asked for', async () => {
  const { open, asked } = orderLog(3, true);
  const payloads = await Array.fromAsync(open(1));
  assert.deepEqual(payloads, [
    {
      data: { update: { event: 'event 2' } },
      extensions: { cursor: cursors.seal(scope, { sequence: 2, final: false }) },
    },
    {
      data: { update: { event: 'event 3' } },
      extensions: { cursor: cursors.seal(scope, { sequence: 3, final: true }) },
    },
  ]);
  assert.deepEqual(asked, [{ after: 1, first: 50, variables: { id: 'ord-1' } }]);
});

test('without a cursor it begins with the newest event; a late subscriber gets the last one and the end', async () => {
  const { open } = orderLog(9, true);
  assert.deepEqual(eventsOf(await Array.fromAsync(open())), ['event 9']);
});

test('an event that happens while the first page is read is not missed', async () => {
  const { open, log, changes, script } = orderLog(1);
  script.push(() => {
    // After the page was read, before it was answered.
    log.length = 2;
    log.isFinal = true;
    changes.tell('orders', 'ord-1');
  });
  assert.deepEqual(eventsOf(await Array.fromAsync(open(0))), ['event 1', 'event 2']);
});

test('waits for news, and news of another order wakes nobody', async () => {
  const { open, log, changes, asked } = orderLog(1);
  const updates = open(0);
  assert.deepEqual(eventsOf([(await updates.next()).value ?? undefined]), ['event 1']);
  const next = updates.next();
  changes.tell('orders', 'ord-2');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked.length, 1);
  log.length = 2;
  log.isFinal = true;
  changes.tell('orders', 'ord-1');
  assert.deepEqual(eventsOf([(await next).value ?? undefined]), ['event 2']);
  assert.deepEqual(await updates.next(), { done: true, value: undefined });
});

test('a read names the changes that it is made for, each once and no more than a few', async () => {
  const { open, log, changes, asked, causesOfReads } = orderLog(1);
  const updates = open(1);
  const next = updates.next();
  await turnsUntil(() => asked.length === 1);
  changes.tell('orders', 'ord-1', 'trace 1');
  await turnsUntil(() => asked.length === 2);
  changes.tell('orders', 'ord-1');
  await turnsUntil(() => asked.length === 3);
  log.length = 2;
  log.isFinal = true;
  for (let change = 2; change < 100; change += 1) changes.tell('orders', 'ord-1', `trace ${change}`);
  await next;
  assert.deepEqual(causesOfReads.slice(0, 3), [[], ['trace 1'], []]);
  assert.equal(causesOfReads[3]?.[0], 'trace 2');
  assert.equal(causesOfReads[3].length, 16);
});

test('what happens within a moment comes with one read, each event in its turn', async () => {
  const { open, log, changes, asked } = orderLog(1);
  const updates = open(0, false, 300);
  assert.deepEqual(eventsOf([(await updates.next()).value ?? undefined]), ['event 1']);
  const rest = Array.fromAsync(updates);
  for (log.length = 2; log.length < 6; log.length += 1) {
    changes.tell('orders', 'ord-1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  log.isFinal = true;
  changes.tell('orders', 'ord-1');
  assert.deepEqual(eventsOf(await rest), ['event 2', 'event 3', 'event 4', 'event 5', 'event 6']);
  assert.deepEqual(
    asked.map(({ after }) => after),
    [0, 1],
  );
});

test('a client that leaves while reads are held apart is let go at once', async () => {
  const { open, changes, asked } = orderLog(1);
  const updates = open(1, false, 60_000);
  const next = updates.next();
  await turnsUntil(() => asked.length === 1);
  changes.tell('orders', 'ord-1');
  await new Promise((resolve) => setImmediate(resolve));
  await updates.return();
  assert.equal((await next).done, true);
  assert.equal(asked.length, 1);
  assert.equal(changes.listeners(), 0);
});

test('a hint without an event yields nothing, and the next hint is heard', async () => {
  const { open, log, changes, asked } = orderLog(1);
  const updates = open(1);
  const next = updates.next();
  await turnsUntil(() => asked.length === 1);
  changes.tell('orders', 'ord-1');
  await turnsUntil(() => asked.length === 2);
  log.length = 2;
  changes.tell('orders', 'ord-1');
  assert.deepEqual(eventsOf([(await next).value ?? undefined]), ['event 2']);
  await updates.return();
});

test('who resumes after the final event is told at once that it was the last', async () => {
  const { open, asked, changes } = orderLog(3, true);
  assert.deepEqual(await Array.fromAsync(open(3, true)), []);
  assert.equal(asked.length, 1, 'the right to follow is checked again');
  assert.equal(changes.listeners(), 0);
});

test('skips events that it has sent before', async () => {
  const { open, script } = orderLog(3, true);
  script.push({ data: { update: [item(1), item(2)] } }, { data: { update: [item(2), item(3, true)] } });
  const updates = open(1);
  const first = await updates.next();
  assert.deepEqual(eventsOf([first.value ?? undefined]), ['event 2']);
  await updates.return();
  const { open: again, script: pages, changes } = orderLog(3, true);
  pages.push({ data: { update: [item(1), item(2), item(2), item(1), item(3, true)] } });
  assert.deepEqual(eventsOf(await Array.fromAsync(again(0))), ['event 1', 'event 2', 'event 3']);
  assert.equal(changes.listeners(), 0);
});

test('after a full page it reads on at once, without waiting for news', async () => {
  const { open, asked } = orderLog(120, true);
  const events = eventsOf(await Array.fromAsync(open(0)));
  assert.equal(events.length, 120);
  assert.equal(events.at(-1), 'event 120');
  assert.deepEqual(
    asked.map(({ after }) => after),
    [0, 50, 100],
  );
});

test("an event's errors come with it, under the path that the client knows", async () => {
  const { open, script } = orderLog(0);
  const error = (index: number, field: string) => ({
    message: `no ${field}`,
    path: ['update', index, 'order', field],
    locations: [{ line: 1, column: 99 }],
    extensions: { code: 'SERVICE_UNAVAILABLE' },
  });
  script.push({
    data: { update: [item(1), item(2, true)] },
    errors: [error(1, 'fees'), error(1, 'executions')],
  });
  const [first, second] = await Array.fromAsync(open(0));
  assert.equal(first?.errors, undefined);
  assert.deepEqual(second?.errors, [
    { message: 'no fees', path: ['update', 'order', 'fees'], extensions: { code: 'SERVICE_UNAVAILABLE' } },
    {
      message: 'no executions',
      path: ['update', 'order', 'executions'],
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    },
  ]);
});

test('ends with the error when the whole answer is refused', async () => {
  const { open, script, asked } = orderLog(1);
  script.push({
    data: null,
    errors: [
      {
        message: 'no',
        locations: [{ line: 1, column: 9 }],
        path: ['update'],
        extensions: { code: 'FORBIDDEN' },
      },
    ],
  });
  await assert.rejects(
    Array.fromAsync(open(0)),
    (error) =>
      error instanceof GraphQLError && error.message === 'no' && error.extensions['code'] === 'FORBIDDEN',
  );
  assert.equal(asked.length, 1);
});

test('asks again while the bank does not answer, then goes on as if nothing had happened', async () => {
  const { open, script, asked, retries } = orderLog(2, true);
  const down = { errors: [{ message: 'down', extensions: { code: 'SERVICE_UNAVAILABLE' } }] };
  script.push(down, { ...down, data: null });
  assert.deepEqual(eventsOf(await Array.fromAsync(open(0))), ['event 1', 'event 2']);
  assert.deepEqual(
    asked.map(({ after }) => after),
    [0, 0, 0],
  );
  assert.deepEqual(retries, ['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
});

test('ends at once when the client leaves: while it waits for news, and while the bank is down', async () => {
  const idle = orderLog(1);
  const updates = idle.open(1);
  const pending = updates.next();
  await turnsUntil(() => idle.asked.length === 1);
  assert.equal(idle.changes.listeners(), 1);
  await updates.return();
  assert.equal((await pending).done, true);
  assert.equal(idle.changes.listeners(), 0);

  const down = orderLog(1);
  down.script.push({ errors: [{ message: 'down', extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
  const retrying = down.open(0);
  const next = retrying.next();
  await turnsUntil(() => down.asked.length === 1);
  await retrying.return();
  await next;
  assert.equal(down.asked.length, 1);
  assert.equal(down.changes.listeners(), 0);
});

/** Lets what is ready run, a bounded number of times. */
async function turnsUntil(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !isTrue(); turn += 1)
    await new Promise((resolve) => setImmediate(resolve));
  assert.ok(isTrue());
}
