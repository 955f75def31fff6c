// When a consumer asks its bus to fetch: not for each event that it has handled, but when it has room again.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { testDatabase } from '@simplebank/testkit';
import type { EventEnvelope } from './envelope.ts';
import { eventually, happened, silentLog } from './events.fixture.ts';
import { busMigrations } from './postgres-bus.ts';
import { PostgresConsumer } from './postgres-consumer.ts';
import { FETCH_EVENTS } from './postgres-streams.ts';

async function consumerOf(handle: (event: EventEnvelope) => Promise<void>) {
  const database = await testDatabase({ migrations: [busMigrations] });
  const told = { hungry: 0, upTo: 0n };
  const port = {
    database: database.db,
    log: silentLog,
    progressed: (_key: unknown, position: bigint) => void (told.upTo = position),
    hungry: () => void (told.hungry += 1),
  };
  const consumer = new PostgresConsumer({ group: 'g', streams: ['s'], handle }, port);
  const holding = { group_name: 'g', stream: 's', partition: 0, cursor: 0n, epoch: 1n, share: 1n };
  await consumer.apply([{ ...holding, member_id: consumer.member.id }], {
    sentAt: performance.now(),
    leaseMs: 60_000,
  });
  const [source] = consumer.sources();
  assert.ok(source !== undefined);
  let position = 0n;
  const deliver = (count: number): void =>
    source.deliver(
      Array.from({ length: count }, () => {
        const envelope = happened(`aggregate-${(position += 1n)}`, 1);
        return { position, aggregateId: envelope.aggregateId, envelope };
      }),
    );
  const dispose = async (): Promise<void> => {
    await consumer.stop();
    await database[Symbol.asyncDispose]();
  };
  return { source, deliver, told, [Symbol.asyncDispose]: dispose };
}

test('handling events asks for no fetch while there was room all the time', async () => {
  await using consumer = await consumerOf(async () => undefined);
  for (let time = 0; time < 5; time += 1) consumer.deliver(3);
  await eventually(() => consumer.told.upTo === 15n, 'all to be handled');
  assert.equal(consumer.told.hungry, 0);
});

test('a consumer that had too much asks once when it has room again', async () => {
  const gate = Promise.withResolvers<void>();
  await using consumer = await consumerOf(() => gate.promise);
  consumer.deliver(FETCH_EVENTS);
  consumer.deliver(FETCH_EVENTS);
  assert.equal(consumer.source.wanting, false);
  gate.resolve();
  await eventually(() => consumer.told.upTo === BigInt(2 * FETCH_EVENTS), 'all to be handled');
  assert.equal(consumer.source.wanting, true);
  assert.equal(consumer.told.hungry, 1);
});
