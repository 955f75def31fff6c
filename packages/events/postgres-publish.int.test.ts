// What one publish costs the Postgres bus: nothing of it may grow with the events that are kept.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { sql, type Database } from '@simplebank/chassis';
import { testDatabase } from '@simplebank/testkit';
import { happened, story } from './events.fixture.ts';
import { busMigrations } from './postgres-bus.ts';
import { ensureStream, fetchEvents, publishEvents } from './postgres-streams.ts';

const flushCounts = sql('test.flush-counts', 'select pg_stat_force_next_flush()');
const tuplesRead = sql(
  'test.tuples-read',
  `select seq_tup_read + idx_tup_fetch as tuples from pg_stat_user_tables where relname = 'event'`,
);
const analyse = sql('test.analyse', 'do $$ begin analyze event; end $$');

async function readOfEvents(db: Database): Promise<bigint> {
  await db.query(flushCounts);
  const [row] = await db.query<{ tuples: bigint }>(tuplesRead);
  assert.ok(row !== undefined);
  return row.tuples;
}

test('a publish reads no event that is kept, with and without statistics of the table', async () => {
  await using database = await testDatabase({ migrations: [busMigrations] });
  const { db } = database;
  await ensureStream(db, 's', 4);
  const publish = (aggregateId: string, count: number): Promise<void> =>
    publishEvents(db, { stream: 's', partitions: 4, events: story(aggregateId, count) });
  // So often that the plans are kept which were made for an empty table.
  for (let time = 0; time < 10; time += 1) await publish(`early-${time}`, 1);
  await publish('kept', 3_000);
  const readCost = async (): Promise<bigint> => {
    const before = await readOfEvents(db);
    for (let time = 0; time < 10; time += 1) await publish(`new-${time}`, 2);
    return (await readOfEvents(db)) - before;
  };
  assert.equal(await readCost(), 0n);
  await db.query(analyse);
  assert.equal(await readCost(), 0n);
});

test('events that the bus knows take no position, wherever they stand among new ones', async () => {
  await using database = await testDatabase({ migrations: [busMigrations] });
  const { db } = database;
  await ensureStream(db, 's', 2);
  const publish = (events: Parameters<typeof publishEvents>[1]['events']): Promise<void> =>
    publishEvents(db, { stream: 's', partitions: 2, events });
  const aggregates = ['a', 'b', 'c', 'd', 'e'];
  const events = aggregates.flatMap((id) => [1, 2, 3, 4].map((sequence) => happened(id, sequence)));
  await publish(events.filter(({ sequence }) => sequence <= 2));
  await publish(events);
  await publish(events);
  const partitions = await fetchEvents(
    db,
    [0, 1].map((partition) => ({ stream: 's', partition, after: 0n })),
  );
  for (const deliveries of partitions) {
    assert.ok(deliveries !== undefined, 'both partitions have events');
    assert.deepEqual(
      deliveries.map(({ position }) => position),
      deliveries.map((_delivery, index) => BigInt(index + 1)),
    );
  }
  assert.equal(partitions.flat().length, events.length);
});
