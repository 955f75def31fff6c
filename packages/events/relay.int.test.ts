// Outbox and relay over real databases: nothing lost under concurrent writers, order per aggregate, failover,
// publishing again.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { openDatabase, sql, type Database } from '@simplebank/chassis';
import { testDatabase, type TestDatabase } from '@simplebank/testkit';
import type { Bus } from './bus.ts';
import type { EventEnvelope } from './envelope.ts';
import { eventually, happened, Recorded, silentLog, story } from './events.fixture.ts';
import { appendToOutbox, eventsMigrations } from './outbox.ts';
import type { RelayTarget } from './outbox-publisher.ts';
import { openPostgresBus } from './postgres-bus.ts';
import { renewLease, trimOutbox, unpublish } from './relay-store.ts';
import { startRelay } from './relay.ts';
import { uuidv7 } from './uuidv7.ts';

const STREAM = 'stories';
const log = silentLog;
const countOutbox = sql('test.count', 'select count(*) as rows from outbox');

function serviceDatabase(): Promise<TestDatabase> {
  return testDatabase({ migrations: [{ name: 'events', folder: eventsMigrations }] });
}

function trimRows(db: Database, retentionMs: number, most: number): Promise<number> {
  return trimOutbox(db, { retentionMs, unhandledRetentionMs: retentionMs, most });
}

async function recordedOn(bus: Bus): Promise<Recorded> {
  const recorded = new Recorded();
  await bus.follow({ streams: [STREAM], from: 'start', onEvent: recorded.add });
  return recorded;
}

const write = (db: Database, events: readonly EventEnvelope[]): Promise<unknown> =>
  db.transaction((tx) => appendToOutbox(tx, events));

/** A seeded generator (mulberry32): the same choices in every run. */
function choices(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class ChosenRollback extends Error {}

test('eight concurrent writers with rollbacks and a long transaction lose nothing and keep the order', async () => {
  await using service = await serviceDatabase();
  await using busDatabase = await testDatabase();
  await using bus = await openPostgresBus({ url: busDatabase.url, log });
  const { db } = service;
  await db.query(sql('test.create', 'create table story (id text primary key, sequence bigint not null)'));
  await db.query(sql('test.seed', `insert into story select 'a' || n, 0 from generate_series(0, 4) n`));
  const lock = sql('test.lock', 'select sequence from story where id = $1 for update');
  const set = sql('test.set', 'update story set sequence = $2 where id = $1');
  const recorded = await recordedOn(bus);
  await using relay = await startRelay({ database: db, bus, stream: STREAM, log });

  const committed: EventEnvelope[] = [];
  const longMayEnd = Promise.withResolvers<void>();
  const longHasWritten = Promise.withResolvers<void>();
  const longEvent = happened('long', 1);
  const long = db.transaction(async (tx) => {
    await appendToOutbox(tx, [longEvent]);
    longHasWritten.resolve();
    await longMayEnd.promise;
  });
  await longHasWritten.promise;

  async function writer(seed: number): Promise<void> {
    const choose = choices(seed);
    for (let round = 0; round < 40; round += 1) {
      const aggregateId = `a${Math.floor(choose() * 5)}`;
      const count = 1 + Math.floor(choose() * 3);
      const rollBack = choose() < 0.25;
      const written: EventEnvelope[] = [];
      const transaction = db.transaction(async (tx) => {
        const [row] = await tx.query<{ sequence: bigint }>(lock, [aggregateId]);
        assert.ok(row);
        const from = Number(row.sequence);
        for (let n = 1; n <= count; n += 1) written.push(happened(aggregateId, from + n));
        await tx.query(set, [aggregateId, from + count]);
        await appendToOutbox(tx, written);
        if (rollBack) throw new ChosenRollback();
      });
      await transaction.then(
        () => committed.push(...written),
        (error: unknown) => assert.ok(error instanceof ChosenRollback, String(error)),
      );
      relay.nudge();
      if (committed.length > 150) longMayEnd.resolve();
    }
  }
  await Promise.all([...Array.from({ length: 8 }, (_, seed) => writer(seed)), long]);
  committed.push(longEvent);
  await recorded.reaches(committed.length);
  recorded.assertComplete(committed);
});

test('a long transaction keeps nobody waiting, and its own events are not passed over', async () => {
  await using service = await serviceDatabase();
  await using busDatabase = await testDatabase();
  await using bus = await openPostgresBus({ url: busDatabase.url, log });
  const recorded = await recordedOn(bus);
  await using relay = await startRelay({ database: service.db, bus, stream: STREAM, log });
  relay.nudge();
  const slow = happened('slow', 1);
  const quick = happened('quick', 1);
  await service.db.transaction(async (tx) => {
    await appendToOutbox(tx, [slow]);
    await write(service.db, [quick]);
    relay.nudge();
    await recorded.reaches(1);
  });
  relay.nudge();
  await recorded.reaches(2);
  assert.deepEqual(recorded.ids(), [quick.id, slow.id]);
});

test('a dead relay’s work is taken over within three seconds', async () => {
  await using service = await serviceDatabase();
  await using busDatabase = await testDatabase();
  await using bus = await openPostgresBus({ url: busDatabase.url, log });
  const recorded = await recordedOn(bus);
  const events = story('a', 3);
  await write(service.db, events);
  // What a relay leaves behind that was killed right after it had renewed its lease.
  assert.equal(await renewLease(service.db, uuidv7(), 1_800), true);
  const startedAt = performance.now();
  await using relay = await startRelay({ database: service.db, bus, stream: STREAM, log });
  relay.nudge();
  await recorded.reaches(3);
  assert.ok(performance.now() - startedAt > 1_000, 'the lease did not keep the second relay out');
  assert.ok(performance.now() - startedAt < 3_000, `took ${performance.now() - startedAt} ms`);
  recorded.assertComplete(events);
});

test('only one of two relays publishes, and the other goes on when it stops', async () => {
  await using service = await serviceDatabase();
  await using busDatabase = await testDatabase();
  await using bus = await openPostgresBus({ url: busDatabase.url, log });
  const recorded = await recordedOn(bus);
  const publishedBy: string[] = [];
  const busFor = (name: string): RelayTarget => ({
    publish(stream, events, known) {
      publishedBy.push(...events.map(() => name));
      return bus.publish(stream, events, known);
    },
    settled: (stream, mark) => bus.settled(stream, mark),
  });
  const first = await startRelay({ database: service.db, bus: busFor('first'), stream: STREAM, log });
  await using second = await startRelay({ database: service.db, bus: busFor('second'), stream: STREAM, log });
  const events = story('a', 4);
  for (const event of events.slice(0, 3)) {
    await write(service.db, [event]);
    first.nudge();
    second.nudge();
  }
  await recorded.reaches(3);
  await first.stop();
  await write(service.db, events.slice(3));
  await recorded.reaches(4);
  assert.deepEqual(publishedBy, ['first', 'first', 'first', 'second']);
  recorded.assertComplete(events);
});

test('a bus that is away for a while gets everything later, in order', async () => {
  await using service = await serviceDatabase();
  await using busDatabase = await testDatabase();
  await using bus = await openPostgresBus({ url: busDatabase.url, log });
  const recorded = await recordedOn(bus);
  let failures = 3;
  const faulty: RelayTarget = {
    async publish(stream, events, known) {
      // Fails before and after the events are written, as a lost connection may.
      if (failures === 1) await bus.publish(stream, events, known);
      if (failures-- > 0) throw new Error('the bus is away');
      return bus.publish(stream, events, known);
    },
    settled: (stream, mark) => bus.settled(stream, mark),
  };
  await using relay = await startRelay({ database: service.db, bus: faulty, stream: STREAM, log });
  relay.nudge();
  const events = story('a', 20);
  for (const event of events) await write(service.db, [event]);
  await recorded.reaches(20);
  recorded.assertComplete(events);
});

test('what a bus has forgotten is published again once it no longer counts as published', async () => {
  await using service = await serviceDatabase();
  const events = story('a', 10);
  await write(service.db, events);
  {
    await using lostDatabase = await testDatabase();
    await using lostBus = await openPostgresBus({ url: lostDatabase.url, log });
    await using relay = await startRelay({ database: service.db, bus: lostBus, stream: STREAM, log });
    relay.nudge();
    await (await recordedOn(lostBus)).reaches(10);
  }
  await using busDatabase = await testDatabase();
  await using bus = await openPostgresBus({ url: busDatabase.url, log });
  const recorded = await recordedOn(bus);
  await using relay = await startRelay({ database: service.db, bus, stream: STREAM, log });
  relay.nudge();
  await service.db.query(sql('test.unpublish', 'update outbox set published_at = null where id > 4'));
  await recorded.reaches(6);
  recorded.assertComplete(events.slice(4));
});

test('after a loss more rows wait again than one statement could change within its time', async () => {
  await using service = await serviceDatabase();
  const { db } = service;
  await db.query(
    sql(
      'test.fill',
      `insert into outbox (envelope, published_at)
    select '{}', now() from generate_series(1, 20000)`,
    ),
  );
  // As slow as a busy disk: more than 2 s for all rows.
  await db.query(
    sql(
      'test.slow',
      `create function slow() returns trigger language plpgsql as
    $$ begin if new.id % 10 = 0 then perform pg_sleep(0.001); end if; return new; end $$`,
    ),
  );
  await db.query(
    sql(
      'test.trigger',
      `create trigger slow before update on outbox
    for each row execute function slow()`,
    ),
  );
  const impatient = openDatabase({ url: service.url, service: 'impatient', statementTimeoutMs: 1_000 });
  try {
    const [owner, other] = [uuidv7(), uuidv7()];
    await renewLease(db, owner, 60_000);
    const loss = { markBefore: null, mark: 'the new mark', marginMs: 60_000 };
    assert.equal(await unpublish(impatient, { ...loss, owner: other }), 0);
    assert.equal(await unpublish(impatient, { ...loss, owner }), 20_000);
    assert.equal(await unpublish(impatient, { ...loss, owner }), 0, 'the mark is another one now');
    const read = sql(
      'test.lost',
      `select bus_mark as mark,
      (select count(*)::int from outbox where published_at is null) as waiting from outbox_relay`,
    );
    assert.deepEqual(await db.query(read), [{ mark: 'the new mark', waiting: 20_000 }]);
  } finally {
    await impatient.close();
  }
});

test('trimming removes what is published and old, and nothing else', async () => {
  await using service = await serviceDatabase();
  await using busDatabase = await testDatabase();
  await using bus = await openPostgresBus({ url: busDatabase.url, log });
  const rows = async (): Promise<bigint | undefined> =>
    (await service.db.query<{ rows: bigint }>(countOutbox))[0]?.rows;
  await write(service.db, story('a', 5));
  assert.equal(await trimRows(service.db, 0, 100), 0);
  {
    const recorded = await recordedOn(bus);
    await using relay = await startRelay({ database: service.db, bus, stream: STREAM, log });
    relay.nudge();
    await recorded.reaches(5);
    await eventually(async () => (await trimRows(service.db, 0, 3)) === 3, 'the events to be marked');
  }
  await write(service.db, story('b', 1));
  assert.equal(await trimRows(service.db, 60_000, 100), 0);
  assert.equal(await trimRows(service.db, 0, 100), 2);
  assert.equal(await rows(), 1n);
});

test('trimming looks at no more rows than it may delete', async () => {
  await using service = await serviceDatabase();
  // One connection, because the server's counts are up to date for the session that did the reading.
  const db = openDatabase({ url: service.url, service: 'trimming', poolSize: 1 });
  await db.query(
    sql(
      'test.published',
      `insert into outbox (envelope, published_at) select '{}', now() from generate_series(1, 5000)`,
    ),
  );
  await db.query(sql('test.analyze', 'analyze outbox'));
  const rowsRead = async (): Promise<number> => {
    await db.query(sql('test.flush', 'select pg_stat_force_next_flush()'));
    const [row] = await db.query<{ rows: bigint }>(
      sql(
        'test.read',
        `select seq_tup_read + idx_tup_fetch as rows from pg_stat_user_tables where relname = 'outbox'`,
      ),
    );
    return Number(row?.rows);
  };
  const before = await rowsRead();
  assert.equal(await trimRows(db, 60_000, 100), 0);
  const looked = (await rowsRead()) - before;
  assert.ok(looked > 0 && looked <= 100, `looked at ${looked} rows`);
  await db.close();
});

test('a wrong envelope fails in its producer’s transaction', async () => {
  await using service = await serviceDatabase();
  await assert.rejects(write(service.db, [{ ...happened('a', 1), sequence: 0 }]), { name: 'ZodError' });
  assert.equal((await service.db.query<{ rows: bigint }>(countOutbox))[0]?.rows, 0n);
});
