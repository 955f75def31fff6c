// Which partition an aggregate's events go to. Every transport and every process must agree, for ever:
// a change would let two readers have one aggregate's events at the same time.

/** FNV-1a over the UTF-16 code units, with a final mix because its low bits alone are uneven for similar ids. */
export function partitionOf(aggregateId: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < aggregateId.length; index += 1) {
    hash = Math.imul(hash ^ aggregateId.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) % partitions;
}
