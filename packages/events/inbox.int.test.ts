// The inbox: an event's effect happens once, and a hole in an aggregate's sequence is seen.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { testDatabase, type TestDatabase } from '@simplebank/testkit';
import type { EventEnvelope } from './envelope.ts';
import { eventually, happened, silentLog, story } from './events.fixture.ts';
import { startInboxTrimming } from './inbox-trimming.ts';
import { forgetConsumer, receive, trimInbox } from './inbox.ts';
import { eventsMigrations } from './outbox.ts';

function serviceDatabase(): Promise<TestDatabase> {
  return testDatabase({ migrations: [{ name: 'events', folder: eventsMigrations }] });
}

async function receiveAll(
  { db }: TestDatabase,
  events: readonly EventEnvelope[],
  options: { consumer?: string; inOrder?: boolean } = {},
): Promise<string[]> {
  const answers: string[] = [];
  for (const event of events) {
    answers.push(await db.transaction((tx) => receive(tx, { consumer: 'c', event, ...options })));
  }
  return answers;
}

test('events in order are new, once per consumer', async () => {
  await using database = await serviceDatabase();
  const events = story('a', 3);
  assert.deepEqual(await receiveAll(database, events), ['new', 'new', 'new']);
  assert.deepEqual(await receiveAll(database, events), ['duplicate', 'duplicate', 'duplicate']);
  assert.deepEqual(await receiveAll(database, events, { consumer: 'other' }), ['new', 'new', 'new']);
});

test('an event after a hole is a gap until the hole is filled', async () => {
  await using database = await serviceDatabase();
  const [first, second, third] = story('a', 3);
  assert.ok(first && second && third);
  const answers = await receiveAll(database, [second, first, third, second, third]);
  assert.deepEqual(answers, ['gap', 'new', 'gap', 'new', 'new']);
});

test('sequences are kept apart by source and by aggregate', async () => {
  await using database = await serviceDatabase();
  const events = [happened('a', 1), happened('b', 1), happened('a', 1, 'elsewhere'), happened('a', 3)];
  assert.deepEqual(await receiveAll(database, events), ['new', 'new', 'new', 'gap']);
});

test('a lower sequence is a duplicate, whatever its id', async () => {
  await using database = await serviceDatabase();
  await receiveAll(database, story('a', 2));
  assert.deepEqual(await receiveAll(database, [happened('a', 1)]), ['duplicate']);
});

test('one id is taken in once, whatever its sequence', async () => {
  await using database = await serviceDatabase();
  const event = happened('a', 1);
  assert.deepEqual(await receiveAll(database, [event, { ...event, sequence: 2 }]), ['new', 'duplicate']);
});

test('without order, events are new once each and never a gap', async () => {
  await using database = await serviceDatabase();
  const event = happened('a', 7);
  assert.deepEqual(await receiveAll(database, [event, event, happened('a', 2)], { inOrder: false }), [
    'new',
    'duplicate',
    'new',
  ]);
});

test('a rolled back receive did not happen', async () => {
  await using database = await serviceDatabase();
  const event = happened('a', 1);
  const failing = database.db.transaction(async (tx) => {
    await receive(tx, { consumer: 'c', event });
    throw new Error('the effect failed');
  });
  await assert.rejects(failing, /the effect failed/);
  assert.deepEqual(await receiveAll(database, [event]), ['new']);
});

test('of many deliveries at the same time exactly one is new', async () => {
  await using database = await serviceDatabase();
  for (const inOrder of [true, false]) {
    const event = happened(`a-${inOrder}`, 1);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => receiveAll(database, [event], { inOrder })),
    );
    assert.equal(answers.flat().filter((answer) => answer === 'new').length, 1);
  }
});

test('a forgotten consumer takes everything in again', async () => {
  await using database = await serviceDatabase();
  const events = story('a', 2);
  await receiveAll(database, events);
  await receiveAll(database, events, { consumer: 'other' });
  await database.db.transaction((tx) => forgetConsumer(tx, 'c'));
  assert.deepEqual(await receiveAll(database, events), ['new', 'new']);
  assert.deepEqual(await receiveAll(database, events, { consumer: 'other' }), ['duplicate', 'duplicate']);
});

test('a service that only consumes has its inbox trimmed until it stops', async () => {
  await using database = await serviceDatabase();
  await receiveAll(database, story('a', 3));
  const age = sql('test.age', `update inbox set received_at = now() - interval '8 days' where event_id = $1`);
  const [old] = await database.db.query<{ id: string }>(sql('test.ids', 'select event_id as id from inbox'));
  await database.db.query(age, [old?.id]);
  await using _trimming = startInboxTrimming({ database: database.db, log: silentLog });
  await eventually(
    async () => (await database.db.query(sql('test.left', 'select from inbox'))).length === 2,
    'the old id to be forgotten',
  );
});

test('trimming forgets old ids, and the sequence still tells a duplicate', async () => {
  await using database = await serviceDatabase();
  const events = story('a', 3);
  await receiveAll(database, events);
  assert.equal(await trimInbox(database.db, 60_000, 10), 0);
  assert.equal(await trimInbox(database.db, 0, 2), 2);
  assert.equal(await trimInbox(database.db, 0, 2), 1);
  assert.deepEqual(await receiveAll(database, events), ['duplicate', 'duplicate', 'duplicate']);
});
