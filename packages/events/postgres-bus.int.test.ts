// The Postgres transport: the bus contract, and what is its own.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { testDatabase } from '@simplebank/testkit';
import { busContract } from './bus-contract.ts';
import { busUnderTest, type BusUnderTest } from './bus-under-test.fixture.ts';
import { eventually, Recorded, silentLog, story } from './events.fixture.ts';
import { openPostgresBus } from './postgres-bus.ts';
import { ensureStream, readHeads, trimPartition } from './postgres-streams.ts';

const dropAll = sql(
  'test.drop-connections',
  `select pg_terminate_backend(pid) from pg_stat_activity
   where datname = current_database() and pid <> pg_backend_pid()`,
);

async function startTransport(): Promise<BusUnderTest> {
  const { url, db, ...database } = await testDatabase();
  return busUnderTest({
    url,
    async dropConnections() {
      const dropped = await db.query(dropAll);
      assert.ok(dropped.length > 0);
    },
    ...database,
  });
}

busContract('the Postgres bus', startTransport);

test('trimming keeps what a group has not read, and tells a follower that was too late', async () => {
  await using database = await testDatabase();
  await using bus = await openPostgresBus({ url: database.url, log: silentLog, partitions: 1 });
  await bus.publish('s', story('a', 10));
  const recorded = new Recorded();
  const trimAll = async (): Promise<number> => {
    const [head] = await readHeads(database.db, ['s']);
    assert.ok(head);
    return trimPartition(database.db, head, { retentionMs: 0, most: 100 });
  };
  await using consumer = await bus.work({
    group: 'g',
    streams: ['s'],
    attempts: 1_000,
    async handle(event) {
      if (event.sequence > 4) throw new Error('stuck for now');
      recorded.add(event);
    },
  });
  await recorded.reaches(4);
  await eventually(async () => (await bus.cursors('g'))[0]?.position === '4', 'the cursor');
  assert.equal(await trimAll(), 4);
  assert.equal(await trimAll(), 0);
  const followed = new Recorded();
  await bus.follow({ streams: ['s'], from: 'start', onEvent: followed.add });
  await followed.reaches(6);
  assert.deepEqual(followed.sequences('a'), [5, 6, 7, 8, 9, 10]);

  await consumer.stop();
  await bus.forgetGroup('g');
  assert.equal(await trimAll(), 6);
});

test('a follower is told when events were trimmed before it could read them', async () => {
  await using database = await testDatabase();
  await using bus = await openPostgresBus({ url: database.url, log: silentLog, partitions: 1 });
  const seen: (number | string)[] = [];
  const first = Promise.withResolvers<void>();
  await bus.follow({
    streams: ['s'],
    from: 'now',
    async onEvent(event) {
      seen.push(event.sequence);
      if (event.sequence === 1) await first.promise;
    },
    onGap: (stream) => seen.push(`gap in ${stream}`),
  });
  // More than a follower buffers, so that the rest is still to be fetched when it is trimmed.
  const events = story('a', 600);
  await bus.publish('s', events.slice(0, 500));
  await eventually(() => seen.length === 1, 'the first event');
  const [head] = await readHeads(database.db, ['s']);
  assert.ok(head);
  await trimPartition(database.db, head, { retentionMs: 0, most: 490 });
  first.resolve();
  await bus.publish('s', events.slice(500));
  await eventually(() => seen.at(-1) === 600, 'the last event');
  assert.equal(seen.filter((entry) => entry === 'gap in s').length, 1);
});

test('a process that expects another number of partitions is refused', async () => {
  await using database = await testDatabase();
  await using bus = await openPostgresBus({ url: database.url, log: silentLog, partitions: 4 });
  await bus.publish('s', story('a', 1));
  await assert.rejects(ensureStream(database.db, 's', 8), /has 4 partitions, this process expects 8/);
});

test('members whose process was killed are forgotten, living ones and those just expired are not', async () => {
  await using database = await testDatabase();
  const { db, url } = database;
  const groups = async (): Promise<string[]> => {
    const rows = await db.query<{ name: string }>(
      sql('test.members', 'select group_name as name from member order by name'),
    );
    return rows.map(({ name }) => name);
  };
  await (await openPostgresBus({ url, log: silentLog })).close();
  await db.query(
    sql(
      'test.expired-members',
      `insert into member select gen_random_uuid(), 'expired for ' || age, '{}', now() - age::interval
       from unnest('{30s, 61s, 1 year}'::text[]) age`,
    ),
  );
  await using bus = await openPostgresBus({ url, log: silentLog });
  await bus.work({ group: 'living', streams: ['s'], handle: async () => undefined });
  await eventually(
    async () => (await groups()).join() === 'expired for 30s,living',
    'the dead to be forgotten',
  );
});

test('a database that is read-only for a while costs no event', async () => {
  await using database = await testDatabase();
  const { db, url } = database;
  await db.query(sql('test.effects', 'create table effect (sequence int)'));
  await using bus = await openPostgresBus({ url, log: silentLog });
  const recorded = new Recorded();
  let tries = 0;
  await bus.work({
    group: 'g',
    streams: ['s'],
    attempts: 1,
    async handle(event) {
      tries += 1;
      await db.transaction(async (tx) => {
        if (tries <= 3) await tx.query(sql('test.read-only', 'set transaction read only'));
        await tx.query(sql('test.effect', 'insert into effect values ($1)'), [event.sequence]);
      });
      recorded.add(event);
    },
  });
  const events = story('a', 2);
  await bus.publish('s', events);
  await recorded.reaches(2);
  recorded.assertComplete(events);
  assert.equal(tries, 5);
  assert.deepEqual(await bus.deadLetters(), []);
});
