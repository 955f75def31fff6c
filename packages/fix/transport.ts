// What a session needs from a connection: bytes in, text out, an end. Over TCP it is a socket (tcp.ts); in
// tests two of them are tied together in memory.
import { ChunkQueue } from './chunk-queue.ts';

export interface Transport {
  /** Ends when either side has closed; reading one chunk at a time slows the other side down. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Latin-1 text of one or more whole messages. */
  write(text: string): void;
  /** What was written still goes out. Calling it twice is harmless. */
  close(): void;
}

/** Two transports, each of which reads what the other writes. */
export function transportPair(): [Transport, Transport] {
  const [left, right] = [new ChunkQueue(), new ChunkQueue()];
  const end = (incoming: ChunkQueue, outgoing: ChunkQueue): Transport => ({
    chunks: incoming.read(),
    write: (text) => outgoing.put(Buffer.from(text, 'latin1')),
    close: () => {
      outgoing.end();
      incoming.end();
    },
  });
  return [end(left, right), end(right, left)];
}
