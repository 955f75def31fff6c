// At shutdown a BFF lets its clients go in batches, so that not all of them come back in the same moment.
import { setTimeout as pause } from 'node:timers/promises';

const mostBatches = 10;
const smallestBatch = 50;
const batchesApartMs = 100;

export async function closeInBatches<Client>(
  clients: readonly Client[],
  close: (client: Client) => void,
): Promise<void> {
  const size = Math.max(smallestBatch, Math.ceil(clients.length / mostBatches));
  for (let from = 0; from < clients.length; from += size) {
    if (from > 0) await pause(batchesApartMs);
    for (const client of clients.slice(from, from + size)) close(client);
  }
}
