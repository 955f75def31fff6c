// The transport over TCP: one socket as a Transport, and the two ways to get one.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ChunkQueue } from './chunk-queue.ts';
import type { Transport } from './transport.ts';

/** Milliseconds that a peer has to take the last bytes and close its side. */
const LINGER_MS = 1_000;
const CONNECT_TIMEOUT_MS = 3_000;
/** Bytes that a peer may leave unread before we hang up; a resend gives it what it missed. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

function tcpTransport(socket: Socket): Transport {
  socket.setNoDelay(true);
  const queue = new ChunkQueue(() => socket.resume());
  let closing = false;
  let corked = false;
  socket.on('data', (chunk: Buffer) => {
    if (closing) return;
    socket.pause();
    queue.put(chunk);
  });
  socket.on('end', () => queue.end());
  socket.on('close', () => queue.end());
  // A reset is an end like any other: the session finds out by its numbers what was lost.
  socket.on('error', () => queue.end());
  return {
    chunks: queue.read(),
    write(text) {
      if (closing || socket.destroyed) return;
      if (socket.writableLength > MAX_UNSENT_BYTES) {
        socket.destroy();
        return;
      }
      // Messages of one turn of the event loop leave in one system call.
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(() => {
          corked = false;
          socket.uncork();
        });
      }
      socket.write(text, 'latin1');
    },
    close() {
      if (closing) return;
      closing = true;
      queue.end();
      socket.end();
      socket.resume();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    },
  };
}

/** Rejects when nobody listens there, or nobody answers in time. */
export function connectTcp(address: { host: string; port: number }): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(new Error(`no connection to ${address.host}:${address.port}`, { cause: error }));
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail(new Error(`no answer in ${CONNECT_TIMEOUT_MS} ms`)));
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      socket.setTimeout(0);
      resolve(tcpTransport(socket));
    });
  });
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Port 0 takes any free one. */
export function listenTcp(
  address: { host: string; port: number },
  onConnection: (transport: Transport) => void,
): Promise<Listener> {
  const open = new Set<Transport>();
  const server: Server = createServer((socket) => {
    const transport = tcpTransport(socket);
    open.add(transport);
    socket.once('close', () => open.delete(transport));
    onConnection(transport);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') throw new Error('a TCP server has a port');
      resolve({
        port: bound.port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const transport of open) transport.close();
          }),
      });
    });
  });
}
