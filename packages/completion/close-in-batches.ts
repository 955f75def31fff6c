// At shutdown a BFF lets its clients go in small batches, spread over a window, and tells each when to come back, so that
// not all of them stand at the other processes' doors in the same moment.
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const smallestBatch = 25;
const batchesApartMs = 25;
/** The window is four seconds at most: a process that takes longer to stop ends itself, or its requests are cut. */
const mostBatches = 160;
/** A client waits so long at most: the hint is by chance, for those of one batch. */
const longestRetryMs = 1_000;

export async function closeInBatches<Client>(
  clients: readonly Client[],
  close: (client: Client, retryMs: number) => void,
): Promise<void> {
  const size = Math.max(smallestBatch, Math.ceil(clients.length / mostBatches));
  for (let from = 0; from < clients.length; from += size) {
    if (from > 0) await pause(batchesApartMs);
    for (const client of clients.slice(from, from + size)) close(client, randomInt(longestRetryMs));
  }
}
