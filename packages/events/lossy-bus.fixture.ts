// A service with an outbox and a service with an inbox, over a bus that may lose everything: what was written here
// must have its effect there once, whatever happens to the bus in between.
import { strict as assert } from 'node:assert';
import { sql, type Database } from '@simplebank/chassis';
import { testDatabase } from '@simplebank/testkit';
import type { Bus, Consumer } from './bus.ts';
import type { EventEnvelope } from './envelope.ts';
import { eventually, happened, silentLog } from './events.fixture.ts';
import { SequenceGap } from './handler-faults.ts';
import { receive } from './inbox.ts';
import { appendToOutbox, eventsMigrations } from './outbox.ts';
import { openRedisBus } from './redis-bus.ts';
import { startRelay, type Relay } from './relay.ts';

export const STREAM = 'stories';

const createEffects = sql(
  'test.create-effects',
  `create table effect (
     id bigint generated always as identity, consumer text, event_id uuid, aggregate_id text, sequence int)`,
);
const insertEffect = sql(
  'test.effect',
  'insert into effect (consumer, event_id, aggregate_id, sequence) values ($1, $2, $3, $4)',
);
const readEffects = sql(
  'test.effects',
  `select event_id as id, aggregate_id as "aggregateId", sequence from effect where consumer = $1 order by id`,
);

interface Effect {
  readonly id: string;
  readonly aggregateId: string;
  readonly sequence: number;
}

export interface LossyBus extends AsyncDisposable {
  readonly db: Database;
  readonly bus: Bus;
  readonly written: readonly EventEnvelope[];
  /** The next event of each aggregate, in one transaction. */
  write(...aggregateIds: string[]): Promise<void>;
  startRelay(bus?: Bus): Promise<Relay>;
  /** `before` runs ahead of an event's effect, and may throw. */
  startConsumer(group: string, before?: (event: EventEnvelope) => void): Promise<Consumer>;
  /** Waits until all that was written has had its effect, and holds each to be there once and in order. */
  hasAllEffects(group: string): Promise<void>;
  effects(group: string): Promise<Effect[]>;
}

export async function lossyBus(url: string): Promise<LossyBus> {
  await using stack = new AsyncDisposableStack();
  const { db } = stack.use(
    await testDatabase({ migrations: [{ name: 'events', folder: eventsMigrations }] }),
  );
  await db.query(createEffects);
  const bus = stack.use(await openRedisBus({ url, log: silentLog }));
  const written: EventEnvelope[] = [];
  const relays: Relay[] = [];
  stack.defer(async () => void (await Promise.all(relays.map((relay) => relay.stop()))));
  const effects = (group: string): Promise<Effect[]> => db.query<Effect>(readEffects, [group]);
  const whole = stack.move();
  return {
    db,
    bus,
    written,
    effects,
    async write(...aggregateIds) {
      const events = aggregateIds.map((aggregateId) => {
        const before = written.filter((event) => event.aggregateId === aggregateId).length;
        return happened(aggregateId, before + 1);
      });
      await db.transaction((tx) => appendToOutbox(tx, events));
      written.push(...events);
      for (const relay of relays) relay.nudge();
    },
    async startRelay(target = bus) {
      const relay = await startRelay({ database: db, bus: target, stream: STREAM, log: silentLog });
      relays.push(relay);
      return relay;
    },
    startConsumer(group, before = () => undefined) {
      return bus.work({
        group,
        streams: [STREAM],
        attempts: 1_000,
        async handle(event) {
          before(event);
          await db.transaction(async (tx) => {
            const received = await receive(tx, { consumer: group, event });
            if (received === 'duplicate') return;
            if (received === 'gap') throw new SequenceGap(event);
            await tx.query(insertEffect, [group, event.id, event.aggregateId, event.sequence]);
          });
        },
      });
    },
    async hasAllEffects(group) {
      await eventually(
        async () => (await effects(group)).length >= written.length,
        `${group} to have handled ${written.length} events`,
      );
      const had = await effects(group);
      assert.deepEqual(
        had.map(({ id }) => id).toSorted(),
        written.map(({ id }) => id).toSorted(),
        'each event has its effect once',
      );
      for (const [aggregateId, own] of Map.groupBy(had, (effect) => effect.aggregateId)) {
        const sequences = own.map(({ sequence }) => sequence);
        assert.deepEqual(
          sequences,
          sequences.toSorted((a, b) => a - b),
          `order of ${aggregateId}`,
        );
      }
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}
