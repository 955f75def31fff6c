// What a publisher remembers of a stream on Redis: the state of each partition, as text for whoever keeps it.
import { z } from 'zod';
import { UNKNOWN_INCARNATION, type PartitionState } from './redis-partitions.ts';

const markSchema = z.object({
  redis: z.array(z.object({ incarnation: z.string(), last: z.int(), groups: z.array(z.string()) })),
});

const nothingKnown: PartitionState = { incarnation: UNKNOWN_INCARNATION, last: 0, groups: [] };

export const markOf = (states: readonly PartitionState[]): string => JSON.stringify({ redis: states });

export const isMark = (mark: string | undefined): boolean =>
  mark !== undefined && markSchema.safeParse(parsed(mark)).success;

/** One state for each partition. No mark, and one of another transport, know nothing of what Redis should have. */
export function statesOf(mark: string | null, partitions: number): PartitionState[] {
  const read = markSchema.safeParse(mark === null ? null : parsed(mark));
  const states = read.success ? read.data.redis : [];
  return Array.from({ length: partitions }, (_, partition) => states[partition] ?? nothingKnown);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
