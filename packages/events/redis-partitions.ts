// Scripts of the Redis bus about one partition's events: publish and check, fetch, heads, trimming.
//
// A partition is an incarnation and positions 1, 2, 3 … in it. Whoever remembers (incarnation, last position) sees by
// them whether Redis has lost something: everything (another incarnation), or only the newest (a lower position, and
// then the incarnation is renewed, so that readers see it as well). `base` is the last position before the loss.
import type { Delivery } from './aggregate-lanes.ts';
import type { EventEnvelope } from './envelope.ts';
import { script, type RedisConnection } from './redis-connection.ts';
import { hintChannel, keysOf, type Place } from './redis-keys.ts';
import { uuidv7 } from './uuidv7.ts';

/** Events fetched from a partition at a time. */
export const FETCH_EVENTS = 128;
/** Stands for an incarnation that nobody has seen. */
export const UNKNOWN_INCARNATION = '?';

/** Reads the head whose key is KEYS[1]. */
export const readHead = `
local h = redis.call('HMGET', KEYS[1], 'incarnation', 'last', 'trimmed', 'base')
local incarnation, last = h[1] or '', tonumber(h[2] or 0)
local trimmed, base = tonumber(h[3] or 0), tonumber(h[4] or 0)
local function renew(fresh)
  incarnation, base = fresh, last
  redis.call('HSET', KEYS[1], 'incarnation', incarnation, 'last', last, 'trimmed', trimmed, 'base', base)
end
`;
export const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

// ARGV: the expected incarnation ('' for none) and last position, a fresh incarnation, the channel, the partition,
// the number of groups that must exist and their names; then id, aggregate id and envelope of each event.
// Everything is checked before anything is written. Eviction of single keys shows in the counts.
const publish = script(`${readHead}${now}
local kept = redis.call('XLEN', KEYS[2])
local broken = kept ~= last - trimmed or redis.call('SCARD', KEYS[3]) ~= kept
local foreign = ARGV[1] ~= incarnation
local lost = ARGV[1] ~= '' and (foreign or broken or last < tonumber(ARGV[2]))
if broken then
  redis.call('DEL', KEYS[2], KEYS[3])
  trimmed = last
end
if incarnation == '' or broken or (lost and not foreign) then renew(ARGV[3]) end
local groups = tonumber(ARGV[6])
if lost then
  for i = 7, 6 + groups do redis.call('HSETNX', KEYS[4], ARGV[i], trimmed) end
  for _, group in ipairs(redis.call('HKEYS', KEYS[4])) do
    if tonumber(redis.call('HGET', KEYS[4], group)) > last then redis.call('HSET', KEYS[4], group, trimmed) end
  end
else
  local before = last
  for i = 7 + groups, #ARGV, 3 do
    if redis.call('SADD', KEYS[3], ARGV[i]) == 1 then
      last = last + 1
      redis.call('XADD', KEYS[2], last .. '-0', 'i', ARGV[i], 'a', ARGV[i + 1], 'e', ARGV[i + 2], 't', now)
    end
  end
  if last > before then
    redis.call('HSET', KEYS[1], 'last', last)
    redis.call('PUBLISH', ARGV[4], ARGV[5])
  end
end
return {lost and 1 or 0, incarnation, last, redis.call('HKEYS', KEYS[4])}`);

// ARGV: incarnation, position, number of events, group ('' for a follower), epoch.
const fetch = script(`${readHead}
if incarnation ~= ARGV[1] or last < tonumber(ARGV[2]) then return {'lost'} end
local retries = {}
if ARGV[4] ~= '' then
  if redis.call('HGET', KEYS[3], ARGV[4]) ~= ARGV[5] then return {'fenced'} end
  retries = redis.call('SMEMBERS', KEYS[4])
end
local events = {}
if last > tonumber(ARGV[2]) then
  events = redis.call('XRANGE', KEYS[2], '(' .. ARGV[2] .. '-0', '+', 'COUNT', ARGV[3])
end
return {'ok', events, retries}`);

const readOrMakeHead = script(`${readHead}
if incarnation == '' then renew(ARGV[1]) end
return {incarnation, last, trimmed, base}`);

// ARGV: retention in milliseconds, most events. Answers how many were removed.
const trim = script(`${readHead}${now}
local upto = last
for _, cursor in ipairs(redis.call('HVALS', KEYS[4])) do upto = math.min(upto, tonumber(cursor)) end
local ids = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', upto .. '-0', 'COUNT', ARGV[2])) do
  local fields = entry[2]
  if tonumber(fields[8]) > now - tonumber(ARGV[1]) then break end
  ids[#ids + 1] = fields[2]
end
if #ids > 0 then
  redis.call('SREM', KEYS[3], unpack(ids))
  redis.call('XTRIM', KEYS[2], 'MINID', (trimmed + #ids + 1) .. '-0')
  redis.call('HSET', KEYS[1], 'trimmed', trimmed + #ids)
end
return #ids`);

// ARGV: incarnation, position. 1 when every group has handled all up to it and none has dead letters.
const settled = script(`${readHead}
if incarnation ~= ARGV[1] or redis.call('HLEN', KEYS[3]) > 0 then return 0 end
for _, cursor in ipairs(redis.call('HVALS', KEYS[2])) do
  if tonumber(cursor) < tonumber(ARGV[2]) then return 0 end
end
return 1`);

export interface PartitionState {
  readonly incarnation: string;
  readonly last: number;
  readonly groups: readonly string[];
}

export interface PartitionPublish {
  readonly place: Place;
  readonly events: readonly EventEnvelope[];
  /** What the publisher remembers of the partition; without it nothing is checked. */
  readonly expected?: PartitionState;
}

/** Appends the events that the partition does not keep. When it has lost something, it only says so. */
export async function publishToPartition(
  connection: RedisConnection,
  { place, events, expected }: PartitionPublish,
): Promise<{ lost: boolean; state: PartitionState }> {
  const { head, events: stream, ids, cursors } = keysOf(place);
  const groups = expected?.groups ?? [];
  const [lost, incarnation, last, present] = await connection.run<[number, string, number, string[]]>(
    publish,
    [head, stream, ids, cursors],
    [
      expected?.incarnation ?? '',
      expected?.last ?? 0,
      uuidv7(),
      hintChannel(place.stream),
      place.partition,
      groups.length,
      ...groups,
      ...events.flatMap((event) => [event.id, event.aggregateId, JSON.stringify(event)]),
    ],
  );
  return { lost: lost === 1, state: { incarnation, last, groups: present.toSorted() } };
}

/** Names a group's reader of a partition; writes with an epoch that has passed do nothing. */
export interface ReaderKey extends Place {
  readonly group: string;
  readonly incarnation: string;
  readonly epoch: string;
}

export interface Demand extends Place {
  readonly incarnation: string;
  readonly after: bigint;
  readonly reader?: ReaderKey;
}

export interface Fetched {
  /** `lost`: the position is not of this partition any more. `fenced`: the group has another reader or cursor. */
  readonly status: 'ok' | 'lost' | 'fenced';
  readonly deliveries: readonly Delivery[];
  /** Aggregates of the group whose dead letters are to be tried again. */
  readonly retries: readonly string[];
}

type Entry = readonly [id: string, fields: readonly string[]];

export async function fetchEvents(connection: RedisConnection, demand: Demand): Promise<Fetched> {
  const { head, events, epochs, retries } = keysOf(demand);
  const group = demand.reader?.group ?? '';
  const [status, entries = [], requested = []] = await connection.run<
    [Fetched['status'], (readonly Entry[])?, (readonly string[])?]
  >(
    fetch,
    [head, events, epochs, retries],
    [demand.incarnation, String(demand.after), FETCH_EVENTS, group, demand.reader?.epoch ?? ''],
  );
  const mine = `${group}\n`;
  return {
    status,
    deliveries: entries.map(deliveryOf),
    retries: requested.filter((name) => name.startsWith(mine)).map((name) => name.slice(mine.length)),
  };
}

function deliveryOf([id, fields]: Entry): Delivery {
  const [, , , aggregateId = '', , envelope = ''] = fields;
  return { position: positionOf(id), aggregateId, envelope: parsed(envelope) };
}

const positionOf = (id: string): bigint => BigInt(id.slice(0, id.indexOf('-')));

/** What is no JSON stays as it is, and fails when it is decoded: in its handler's turn, as a failed try. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export interface PartitionHead {
  readonly incarnation: string;
  readonly last: bigint;
  readonly trimmed: bigint;
  readonly base: bigint;
}

export async function partitionHead(connection: RedisConnection, place: Place): Promise<PartitionHead> {
  const { head } = keysOf(place);
  const [incarnation, last, trimmed, base] = await connection.run<[string, number, number, number]>(
    readOrMakeHead,
    [head],
    [uuidv7()],
  );
  return { incarnation, last: BigInt(last), trimmed: BigInt(trimmed), base: BigInt(base) };
}

export interface Trimming {
  readonly retentionMs: number;
  readonly most: number;
}

/** Removes up to `most` events that are past the retention and read by every group; answers how many. */
export async function trimPartition(
  connection: RedisConnection,
  place: Place,
  { retentionMs, most }: Trimming,
): Promise<number> {
  const { head, events, ids, cursors } = keysOf(place);
  return connection.run<number>(trim, [head, events, ids, cursors], [retentionMs, most]);
}

/** True when the loss of the partition would lose nothing up to this state. */
export async function partitionSettled(
  connection: RedisConnection,
  place: Place,
  { incarnation, last }: PartitionState,
): Promise<boolean> {
  const { head, cursors, letters } = keysOf(place);
  return (await connection.run<number>(settled, [head, cursors, letters], [incarnation, last])) === 1;
}
