// What the Redis bus does for a group in all partitions of all streams: dead letters, cursors, replays. Each partition
// is a step of its own, because it stands in a slot of its own.
import type { DeadLetter, DeadLetterFilter, PartitionCursor } from './bus.ts';
import type { RedisConnection } from './redis-connection.ts';
import { countDeadLettersIn, deadLettersIn, requestRetryIn } from './redis-dead-letters.ts';
import { cursorOf, forgetGroupIn, forgetMembersOf, replayPartition } from './redis-groups.ts';
import { allPlaces } from './redis-streams.ts';

/** Dead letters answered when no limit is given. */
const DEFAULT_DEAD_LETTERS = 100;

export async function listDeadLetters(
  connection: RedisConnection,
  { group, aggregateId, limit }: DeadLetterFilter,
): Promise<DeadLetter[]> {
  const places = await allPlaces(connection);
  const letters = await Promise.all(places.map((place) => deadLettersIn(connection, place)));
  return letters
    .flat()
    .filter(({ letter }) => group === undefined || letter.group === group)
    .filter(({ letter }) => aggregateId === undefined || letter.aggregateId === aggregateId)
    .toSorted((a, b) => a.letter.failedAt.getTime() - b.letter.failedAt.getTime() || a.position - b.position)
    .slice(0, limit ?? DEFAULT_DEAD_LETTERS)
    .map(({ letter }) => letter);
}

/** How many dead letters each group has, also the groups that have none. */
export async function countDeadLetters(connection: RedisConnection): Promise<ReadonlyMap<string, number>> {
  const places = await allPlaces(connection);
  const counts = await Promise.all(places.map((place) => countDeadLettersIn(connection, place)));
  const sums = new Map<string, number>();
  for (const [group, letters] of counts.flat()) sums.set(group, (sums.get(group) ?? 0) + letters);
  return new Map([...sums].toSorted());
}

/** Answers how many dead letters will be tried again. */
export async function requestRetries(
  connection: RedisConnection,
  { group, aggregateId }: { group: string; aggregateId: string },
): Promise<number> {
  const places = await allPlaces(connection);
  const requested = await Promise.all(
    places.map((place) => requestRetryIn(connection, place, { group, aggregateId })),
  );
  return requested.reduce((sum, letters) => sum + letters, 0);
}

export async function readCursors(connection: RedisConnection, group: string): Promise<PartitionCursor[]> {
  const places = await allPlaces(connection);
  const cursors = await Promise.all(places.map((place) => cursorOf(connection, group, place)));
  return cursors.filter((cursor) => cursor !== undefined);
}

export async function replayGroup(
  connection: RedisConnection,
  group: string,
  from: 'start' | Date | readonly PartitionCursor[],
): Promise<void> {
  const replays: Promise<void>[] = [];
  if (from === 'start' || from instanceof Date) {
    for (const place of await allPlaces(connection)) {
      replays.push(replayPartition(connection, { group, place }, from));
    }
  } else {
    for (const { stream, partition, position } of from) {
      replays.push(replayPartition(connection, { group, place: { stream, partition } }, position));
    }
  }
  await Promise.all(replays);
}

export async function forgetGroup(connection: RedisConnection, group: string): Promise<void> {
  const places = await allPlaces(connection);
  const streams = new Set(places.map((place) => place.stream));
  await Promise.all([
    ...places.map((place) => forgetGroupIn(connection, group, place)),
    ...Array.from(streams, (stream) => forgetMembersOf(connection, group, stream)),
  ]);
}
