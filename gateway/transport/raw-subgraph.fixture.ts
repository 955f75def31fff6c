// A subgraph over a bare socket for tests: it reads whole requests and lets the test write any bytes as the answer.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { FetchContext } from '../subgraph-fetch.ts';

export interface RawRequest {
  readonly head: string;
  readonly body: string;
  readonly socket: Socket;
  /** Counts connections from 0. */
  readonly connection: number;
  /** Counts requests on this connection from 0. */
  readonly index: number;
}

export interface RawSubgraph extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RawRequest[];
  readonly openSockets: ReadonlySet<Socket>;
  connections(): number;
  /** Resolves when so many requests have come. */
  received(count: number): Promise<void>;
  /** Resolves when so many connections are open. */
  connected(count: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startRawSubgraph(
  answer: (request: RawRequest) => void,
  port = 0,
): Promise<RawSubgraph> {
  const sockets = new Set<Socket>();
  const requests: RawRequest[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => waiting.forEach((check) => check());
  const until = (isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (isTrue() && waiting.delete(check)) resolve();
      };
      waiting.add(check);
      check();
    });
  let connections = 0;
  const server = createServer((socket) => {
    const connection = connections++;
    let index = 0;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      changed();
    });
    readRequests(socket, (head, body) => {
      const request = { head, body, socket, connection, index: index++ };
      requests.push(request);
      answer(request);
      changed();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  return {
    url: `http://127.0.0.1:${address.port}/graphql`,
    port: address.port,
    requests,
    openSockets: sockets,
    connections: () => connections,
    received: (count) => until(() => requests.length >= count),
    connected: (count) => until(() => sockets.size === count),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function readRequests(socket: Socket, onRequest: (head: string, body: string) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (true) {
      const headEnd = bytes.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const head = bytes.toString('latin1', 0, headEnd);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (bytes.length < headEnd + 4 + length) return;
      const body = bytes.toString('utf8', headEnd + 4, headEnd + 4 + length);
      bytes = bytes.subarray(headEnd + 4 + length);
      onRequest(head, body);
    }
  });
}

/** A whole response with a content length. */
export function httpAnswer(body: string | Buffer, headers = '', status = '200 OK'): Buffer {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** A port where nobody listens. */
export async function refusedUrl(): Promise<string> {
  const { url, stop } = await startRawSubgraph(() => {});
  await stop();
  return url;
}

export function contextOf(
  given: Partial<Pick<FetchContext, 'headers' | 'tracingHeaders' | 'signal'>> & { timeoutMs?: number } = {},
): FetchContext {
  return {
    headers: given.headers ?? [],
    tracingHeaders: given.tracingHeaders ?? [],
    deadlineAt: performance.now() + (given.timeoutMs ?? 5000),
    signal: given.signal,
  };
}
