// Scripts of the Redis bus about groups: who of a group reads which partition, and how far the group has come.
//
// Members and who owns what stand in the group's slot and are only an agreement. What keeps a reader that has lost its
// partition from writing stands in the partition's slot: the epoch, a name that the next reader replaces by its own.
import type { PartitionCursor } from './bus.ts';
import { evenWhenFull, script, type RedisConnection } from './redis-connection.ts';
import { groupKeysOf, hintChannel, keysOf, MEMBERS_CHANGED, type Place } from './redis-keys.ts';
import { now, readHead, type ReaderKey } from './redis-partitions.ts';
import { uuidv7 } from './uuidv7.ts';

// Renews a member's lease and lets it take free partitions up to its fair share: all partitions of the stream divided
// by the group's living members. ARGV: member, lease in milliseconds, partitions, channel, message.
const hold = script(`${evenWhenFull}${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local joined = redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
local partitions = tonumber(ARGV[3])
local fair = math.ceil(partitions / redis.call('ZCARD', KEYS[1]))
local mine, free = {}, {}
for partition = 0, partitions - 1 do
  local owner = redis.call('HGET', KEYS[2], partition)
  if owner == ARGV[1] then mine[#mine + 1] = partition
  elseif not owner or not redis.call('ZSCORE', KEYS[1], owner) then free[#free + 1] = partition end
end
for _, partition in ipairs(free) do
  if #mine >= fair then break end
  redis.call('HSET', KEYS[2], partition, ARGV[1])
  mine[#mine + 1] = partition
end
if joined == 1 then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
return {fair, mine}`);

// ARGV: member, channel, message, and the partitions; no partition: all, and the membership as well.
const release = script(`
local partitions = {unpack(ARGV, 4)}
if #partitions == 0 then
  redis.call('ZREM', KEYS[1], ARGV[1])
  partitions = redis.call('HKEYS', KEYS[2])
end
for _, partition in ipairs(partitions) do
  if redis.call('HGET', KEYS[2], partition) == ARGV[1] then redis.call('HDEL', KEYS[2], partition) end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])`);

// ARGV: group, a fresh incarnation, the reader's epoch ('' to leave the present reader in its place).
const enter = script(`${evenWhenFull}${readHead}
if incarnation == '' then renew(ARGV[2]) end
local cursor = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or -1)
if cursor < 0 or cursor > last then
  cursor = trimmed
  redis.call('HSET', KEYS[2], ARGV[1], cursor)
end
local parked = {}
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
  for _, name in ipairs(redis.call('HKEYS', KEYS[4])) do
    if string.sub(name, 1, #ARGV[1] + 1) == ARGV[1] .. '\\n' then
      parked[#parked + 1] = string.sub(name, #ARGV[1] + 2)
    end
  end
end
return {incarnation, cursor, parked}`);

/** True in a script whose ARGV begin with group, incarnation and epoch when those are the partition's present reader. */
export const isReader = `
local isReader = redis.call('HGET', KEYS[1], 'incarnation') == ARGV[2]
  and redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[3]
`;

// KEYS: head, epochs, cursors. ARGV: group, incarnation, epoch, cursor. A position that the partition has lost counts
// as another reader's: this one must begin anew.
const storeCursor = script(`${evenWhenFull}${isReader}
if not isReader or tonumber(ARGV[4]) > tonumber(redis.call('HGET', KEYS[1], 'last')) then return 0 end
if tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or 0) < tonumber(ARGV[4]) then
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[4])
end
return 1`);

const readCursor = script(`${readHead}
return {redis.call('HGET', KEYS[2], ARGV[1]), incarnation}`);

// ARGV: group, 'start', 'time' or 'position', value, incarnation of the position, channel, message. Without its epoch
// the present reader writes nothing more and begins anew.
const replay = script(`${evenWhenFull}${readHead}
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 then return end
local cursor = trimmed
if ARGV[2] == 'position' and ARGV[4] == incarnation then
  cursor = math.min(math.max(tonumber(ARGV[3]), trimmed), last)
elseif ARGV[2] == 'time' then
  local high = last
  while cursor < high do
    local middle = math.floor((cursor + high + 1) / 2)
    local id = middle .. '-0'
    local entry = redis.call('XRANGE', KEYS[3], id, id)[1]
    if entry and tonumber(entry[2][8]) >= tonumber(ARGV[3]) then high = middle - 1 else cursor = middle end
  end
end
redis.call('HSET', KEYS[2], ARGV[1], cursor)
redis.call('HDEL', KEYS[4], ARGV[1])
redis.call('PUBLISH', ARGV[5], ARGV[6])`);

// KEYS: cursors, epochs, letters, parked, letter counts, retries. ARGV: group.
const forget = script(`
for _, key in ipairs({KEYS[1], KEYS[2], KEYS[5]}) do redis.call('HDEL', key, ARGV[1]) end
for _, name in ipairs(redis.call('HKEYS', KEYS[3])) do
  if string.match(name, '^%d+ (.*)$') == ARGV[1] then redis.call('HDEL', KEYS[3], name) end
end
for _, name in ipairs(redis.call('HKEYS', KEYS[4])) do
  if string.sub(name, 1, #ARGV[1] + 1) == ARGV[1] .. '\\n' then
    redis.call('HDEL', KEYS[4], name)
    redis.call('SREM', KEYS[6], name)
  end
end`);

const forgetMembers = script(`redis.call('DEL', KEYS[1], KEYS[2])`);

export interface Member {
  readonly id: string;
  readonly group: string;
}

export interface Holding {
  /** How many partitions of the stream the member should hold. */
  readonly share: number;
  readonly partitions: readonly number[];
}

export interface HoldOptions {
  readonly stream: string;
  readonly partitions: number;
  readonly leaseMs: number;
}

export async function holdPartitions(
  connection: RedisConnection,
  { id, group }: Member,
  { stream, partitions, leaseMs }: HoldOptions,
): Promise<Holding> {
  const { members, owners } = groupKeysOf(group, stream);
  const [share, held] = await connection.run<[number, number[]]>(
    hold,
    [members, owners],
    [id, leaseMs, partitions, hintChannel(stream), MEMBERS_CHANGED],
  );
  return { share, partitions: held };
}

export async function leaveGroup(
  connection: RedisConnection,
  { id, group }: Member,
  stream: string,
): Promise<void> {
  const { members, owners } = groupKeysOf(group, stream);
  await connection.run(release, [members, owners], [id, hintChannel(stream), MEMBERS_CHANGED]);
}

export async function giveBackPartition(
  connection: RedisConnection,
  { id, group }: Member,
  { stream, partition }: Place,
): Promise<void> {
  const { members, owners } = groupKeysOf(group, stream);
  await connection.run(release, [members, owners], [id, hintChannel(stream), MEMBERS_CHANGED, partition]);
}

export interface Entered {
  readonly key: ReaderKey;
  readonly cursor: bigint;
  readonly parked: readonly string[];
}

/** Makes the caller the group's reader of the partition, and everybody before it none. */
export async function enterPartition(
  connection: RedisConnection,
  group: string,
  place: Place,
): Promise<Entered> {
  const { head, cursors, epochs, parked: parkedKey } = keysOf(place);
  const epoch = uuidv7();
  const [incarnation, cursor, parked] = await connection.run<[string, number, string[]]>(
    enter,
    [head, cursors, epochs, parkedKey],
    [group, uuidv7(), epoch],
  );
  const { stream, partition } = place;
  return { key: { group, stream, partition, incarnation, epoch }, cursor: BigInt(cursor), parked };
}

/** A new group begins where the partition's oldest event is. */
export async function ensureGroup(connection: RedisConnection, group: string, place: Place): Promise<void> {
  const { head, cursors, epochs, parked } = keysOf(place);
  await connection.run(enter, [head, cursors, epochs, parked], [group, uuidv7(), '']);
}

/** The values that a script begins with which contains `isReader`. */
export const readerValues = ({ group, incarnation, epoch }: ReaderKey): string[] => [
  group,
  incarnation,
  epoch,
];

/** False when the caller is not the partition's reader any more. */
export async function storeCursorOf(
  connection: RedisConnection,
  key: ReaderKey,
  cursor: bigint,
): Promise<boolean> {
  const { head, epochs, cursors } = keysOf(key);
  const values = [...readerValues(key), String(cursor)];
  return (await connection.run<number>(storeCursor, [head, epochs, cursors], values)) === 1;
}

/** `position@incarnation`; undefined when the group does not read the partition. */
export async function cursorOf(
  connection: RedisConnection,
  group: string,
  place: Place,
): Promise<PartitionCursor | undefined> {
  const { head, cursors } = keysOf(place);
  const [cursor, incarnation] = await connection.run<[string | null, string]>(
    readCursor,
    [head, cursors],
    [group],
  );
  if (cursor === null) return undefined;
  return { stream: place.stream, partition: place.partition, position: `${cursor}@${incarnation}` };
}

/** A position of an incarnation that is gone means the oldest event. */
export async function replayPartition(
  connection: RedisConnection,
  { group, place }: { group: string; place: Place },
  from: 'start' | Date | string,
): Promise<void> {
  const { head, cursors, events, epochs } = keysOf(place);
  const [mode, value, incarnation] = ((): [string, string | number, string] => {
    if (from === 'start') return ['start', 0, ''];
    if (from instanceof Date) return ['time', from.getTime(), ''];
    const [position = '', of = ''] = from.split('@');
    return ['position', position, of];
  })();
  await connection.run(
    replay,
    [head, cursors, events, epochs],
    [group, mode, value, incarnation, hintChannel(place.stream), place.partition],
  );
}

export async function forgetGroupIn(connection: RedisConnection, group: string, place: Place): Promise<void> {
  const { cursors, epochs, letters, parked, letterCounts, retries } = keysOf(place);
  await connection.run(forget, [cursors, epochs, letters, parked, letterCounts, retries], [group]);
}

export async function forgetMembersOf(
  connection: RedisConnection,
  group: string,
  stream: string,
): Promise<void> {
  const { members, owners } = groupKeysOf(group, stream);
  await connection.run(forgetMembers, [members, owners], []);
}
