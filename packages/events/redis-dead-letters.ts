// Scripts of the Redis bus about dead letters: events that a group could not handle, and the events behind them, since
// the aggregate of a dead letter is parked until its dead letters have gone through again.
import type { Delivery, Failure } from './aggregate-lanes.ts';
import type { DeadLetter } from './bus.ts';
import type { EventEnvelope } from './envelope.ts';
import { evenWhenFull, script, type RedisConnection } from './redis-connection.ts';
import { isReader, readerValues } from './redis-groups.ts';
import { hintChannel, keysOf, type Place } from './redis-keys.ts';
import type { ReaderKey } from './redis-partitions.ts';

// KEYS of those that write: head, epochs, letters, parked, letter counts, retries.
// ARGV: group, incarnation, epoch, position, aggregate id, letter. A letter that is there already stays as it is.
const bury = script(`${evenWhenFull}${isReader}
if not isReader then return 0 end
if redis.call('HSETNX', KEYS[3], ARGV[4] .. ' ' .. ARGV[1], ARGV[6]) == 1 then
  local name = ARGV[1] .. '\\n' .. ARGV[5]
  redis.call('HSET', KEYS[4], name, (redis.call('HGET', KEYS[4], name) or '') .. ARGV[4] .. ',')
  redis.call('HINCRBY', KEYS[5], ARGV[1], 1)
end
return 1`);

// ARGV: group, incarnation, epoch, position, aggregate id.
const unbury = script(`${isReader}
if not isReader or redis.call('HDEL', KEYS[3], ARGV[4] .. ' ' .. ARGV[1]) == 0 then return end
local name, left = ARGV[1] .. '\\n' .. ARGV[5], ''
for position in string.gmatch(redis.call('HGET', KEYS[4], name) or '', '%d+') do
  if position ~= ARGV[4] then left = left .. position .. ',' end
end
redis.call('HINCRBY', KEYS[5], ARGV[1], -1)
if left ~= '' then
  redis.call('HSET', KEYS[4], name, left)
else
  redis.call('HDEL', KEYS[4], name)
  redis.call('SREM', KEYS[6], name)
end`);

// ARGV: group, incarnation, epoch, position, aggregate id, letter.
const rebury = script(`${evenWhenFull}${isReader}
if not isReader then return end
redis.call('HSET', KEYS[3], ARGV[4] .. ' ' .. ARGV[1], ARGV[6])
redis.call('SREM', KEYS[6], ARGV[1] .. '\\n' .. ARGV[5])`);

// KEYS: parked, letters. ARGV: group, aggregate id.
const buried = script(`
local found = {}
for position in string.gmatch(redis.call('HGET', KEYS[1], ARGV[1] .. '\\n' .. ARGV[2]) or '', '%d+') do
  found[#found + 1] = {position, redis.call('HGET', KEYS[2], position .. ' ' .. ARGV[1])}
end
return found`);

const list = script(`return redis.call('HGETALL', KEYS[1])`);

// KEYS: cursors, letter counts. Answers each group and its number.
const count = script(`
local counts = {}
for _, group in ipairs(redis.call('HKEYS', KEYS[1])) do
  counts[#counts + 1] = {group, tonumber(redis.call('HGET', KEYS[2], group) or 0)}
end
return counts`);

// KEYS: parked, retries. ARGV: group, aggregate id, channel, message.
const requestRetry = script(`${evenWhenFull}
local name = ARGV[1] .. '\\n' .. ARGV[2]
local _, letters = string.gsub(redis.call('HGET', KEYS[1], name) or '', ',', '')
if letters > 0 then
  redis.call('SADD', KEYS[2], name)
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
return letters`);

interface Letter extends Failure {
  readonly aggregateId: string;
  readonly envelope: unknown;
  readonly failedAt: string;
}

function letterOf({ aggregateId, envelope }: Delivery, { error, attempts }: Failure): string {
  const letter: Letter = { aggregateId, envelope, error, attempts, failedAt: new Date().toISOString() };
  return JSON.stringify(letter);
}

function writing(place: Place): string[] {
  const { head, epochs, letters, parked, letterCounts, retries } = keysOf(place);
  return [head, epochs, letters, parked, letterCounts, retries];
}

function values(key: ReaderKey, { position, aggregateId }: Delivery): string[] {
  return [...readerValues(key), String(position), aggregateId];
}

export interface Burial {
  readonly delivery: Delivery;
  readonly failure: Failure;
}

/** False when the partition has another reader by now. */
export async function buryDelivery(
  connection: RedisConnection,
  key: ReaderKey,
  { delivery, failure }: Burial,
): Promise<boolean> {
  const written = [...values(key, delivery), letterOf(delivery, failure)];
  return (await connection.run<number>(bury, writing(key), written)) === 1;
}

export async function buriedDeliveries(
  connection: RedisConnection,
  key: ReaderKey,
  aggregateId: string,
): Promise<Delivery[]> {
  const { parked, letters } = keysOf(key);
  const found = await connection.run<[string, string][]>(buried, [parked, letters], [key.group, aggregateId]);
  const deliveries = found.map(([position, text]) => {
    const { envelope } = JSON.parse(text) as Letter;
    return { position: BigInt(position), aggregateId, envelope };
  });
  // After a replay they may have been buried in another order.
  return deliveries.toSorted((a, b) => Number(a.position - b.position));
}

export async function unburyDelivery(
  connection: RedisConnection,
  key: ReaderKey,
  delivery: Delivery,
): Promise<void> {
  await connection.run(unbury, writing(key), values(key, delivery));
}

export async function reburyDelivery(
  connection: RedisConnection,
  key: ReaderKey,
  { delivery, failure }: Burial,
): Promise<void> {
  await connection.run(rebury, writing(key), [...values(key, delivery), letterOf(delivery, failure)]);
}

export interface PlacedLetter {
  readonly letter: DeadLetter;
  /** Within its partition; letters of one aggregate stand in this order. */
  readonly position: number;
}

export async function deadLettersIn(connection: RedisConnection, place: Place): Promise<PlacedLetter[]> {
  const found = await connection.run<string[]>(list, [keysOf(place).letters], []);
  const letters: PlacedLetter[] = [];
  for (let index = 0; index < found.length; index += 2) {
    const [name = '', text = ''] = found.slice(index, index + 2);
    const { aggregateId, envelope, error, attempts, failedAt } = JSON.parse(text) as Letter;
    letters.push({
      position: Number.parseInt(name, 10),
      letter: {
        group: name.slice(name.indexOf(' ') + 1),
        stream: place.stream,
        aggregateId,
        event: envelope as EventEnvelope,
        error,
        attempts,
        failedAt: new Date(failedAt),
      },
    });
  }
  return letters;
}

/** How many dead letters each group of the partition has; 0 for a group without. */
export async function countDeadLettersIn(
  connection: RedisConnection,
  place: Place,
): Promise<[group: string, letters: number][]> {
  const { cursors, letterCounts } = keysOf(place);
  return connection.run(count, [cursors, letterCounts], []);
}

/** Answers how many dead letters will be tried again. */
export async function requestRetryIn(
  connection: RedisConnection,
  place: Place,
  { group, aggregateId }: { group: string; aggregateId: string },
): Promise<number> {
  const { parked, retries } = keysOf(place);
  const message = [hintChannel(place.stream), place.partition];
  return connection.run<number>(requestRetry, [parked, retries], [group, aggregateId, ...message]);
}
