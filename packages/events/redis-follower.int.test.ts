// A follower takes in an event just when it has passed on all that it had: nobody else would pass that one on.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { redisMissing, startRedis } from '@simplebank/testkit';
import { eventually, happened, silentLog } from './events.fixture.ts';
import { RedisConnection } from './redis-connection.ts';
import { FollowedPartition } from './redis-follower.ts';
import type { Fetched } from './redis-partitions.ts';

const place = { stream: 's', partition: 0 };
const head = { incarnation: 'i', last: 0n, trimmed: 0n, base: 0n };
/** Turns of the microtask queue between the end of the first event and the second event. */
const TURNS = [0, 1, 2, 3, 4];

const fetched = (position: number): Fetched => ({
  status: 'ok',
  retries: [],
  deliveries: [{ position: BigInt(position), aggregateId: 'a', envelope: happened('a', position) }],
});

test(
  'an event that comes in the very turn in which the follower was done is passed on',
  { skip: redisMissing },
  async () => {
    await using redis = await startRedis();
    await using stack = new AsyncDisposableStack();
    const connection = new RedisConnection(redis.url, { log: silentLog, onListening: () => undefined });
    await connection.open();
    stack.defer(() => connection.close());
    for (const turns of TURNS) {
      const seen: number[] = [];
      const first = Promise.withResolvers<void>();
      const onEvent = ({ sequence }: { sequence: number }): void | Promise<void> => {
        seen.push(sequence);
        return sequence === 1 ? first.promise : undefined;
      };
      const port = { connection, log: silentLog, seldomLog: silentLog };
      const follower = new FollowedPartition({ streams: ['s'], from: 'now', onEvent }, { place, head }, port);
      // Nothing is fetched: what the follower takes in comes from here.
      await follower.feed.stop();
      await follower.take(fetched(1));
      first.resolve();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await follower.take(fetched(2));
      await eventually(() => seen.length === 2, `the second event, ${turns} turns after the first`);
      await follower.stop();
      assert.deepEqual(seen, [1, 2]);
    }
  },
);
