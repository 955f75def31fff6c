// Where everything of the Redis bus stands. What one script touches shares a hash tag, so that it lies in one slot
// of a Redis Cluster: all of a partition under `{stream/partition}`, a group's members under `{group/stream}`.

const PREFIX = 'simplebank:';

/** Hash: how many partitions each stream has. */
export const streamsKey = `${PREFIX}streams`;

/** Processes that read a stream listen here: a message names the partition to look at, or `MEMBERS_CHANGED`. */
export const hintChannel = (stream: string): string => `${PREFIX}hints:${stream}`;
export const MEMBERS_CHANGED = 'members';

export interface Place {
  readonly stream: string;
  readonly partition: number;
}

export const nameOf = ({ stream, partition }: Place): string => `${stream}/${partition}`;

export interface PartitionKeys {
  /** Hash: `incarnation`, `last` and `trimmed` position, and `base`, where the incarnation began. */
  readonly head: string;
  /** Stream: entry `<position>-0` with i (id), a (aggregate), e (envelope as JSON), t (milliseconds). */
  readonly events: string;
  /** Set: the ids of the events that are kept. */
  readonly ids: string;
  /** Hash by group: the position that it has handled. */
  readonly cursors: string;
  /** Hash by group: the epoch of its present reader, without which nobody writes for the group. */
  readonly epochs: string;
  /** Hash by `<position> <group>`: a dead letter as JSON. */
  readonly letters: string;
  /** Hash by `<group>\n<aggregate>`: the positions of its dead letters, each followed by a comma. */
  readonly parked: string;
  /** Hash by group: how many dead letters it has. */
  readonly letterCounts: string;
  /** Set of `<group>\n<aggregate>` whose dead letters are to be tried again. */
  readonly retries: string;
}

export function keysOf(place: Place): PartitionKeys {
  const key = (name: string): string => `${PREFIX}{${nameOf(place)}}:${name}`;
  return {
    head: key('head'),
    events: key('events'),
    ids: key('ids'),
    cursors: key('cursors'),
    epochs: key('epochs'),
    letters: key('letters'),
    parked: key('parked'),
    letterCounts: key('letter-counts'),
    retries: key('retries'),
  };
}

export interface GroupKeys {
  /** Sorted set: the group's consumers of the stream, by when they count as dead. */
  readonly members: string;
  /** Hash by partition: the member that reads it. */
  readonly owners: string;
}

export function groupKeysOf(group: string, stream: string): GroupKeys {
  const key = (name: string): string => `${PREFIX}{${group}/${stream}}:${name}`;
  return { members: key('members'), owners: key('owners') };
}
