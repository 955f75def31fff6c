// Which streams the Redis bus carries, and in how many partitions: every process must agree on that.
import { evenWhenFull, script, type RedisConnection } from './redis-connection.ts';
import { streamsKey, type Place } from './redis-keys.ts';

const ensure = script(`${evenWhenFull}
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])`);
const list = script(`return redis.call('HGETALL', KEYS[1])`);

export async function ensureStream(
  connection: RedisConnection,
  stream: string,
  partitions: number,
): Promise<void> {
  const present = await connection.run<string>(ensure, [streamsKey], [stream, partitions]);
  if (Number(present) !== partitions) {
    throw new Error(`stream ${stream} has ${present} partitions, this process expects ${partitions}`);
  }
}

export function placesOf(stream: string, partitions: number): Place[] {
  return Array.from({ length: partitions }, (_, partition) => ({ stream, partition }));
}

/** Every partition of every stream. */
export async function allPlaces(connection: RedisConnection): Promise<Place[]> {
  const found = await connection.run<string[]>(list, [streamsKey], []);
  const places: Place[] = [];
  for (let index = 0; index < found.length; index += 2) {
    places.push(...placesOf(found[index] ?? '', Number(found[index + 1])));
  }
  return places;
}
