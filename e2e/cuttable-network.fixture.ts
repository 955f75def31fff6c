// The network between a client and a server, which can be cut as a phone loses it: nothing arrives any more and nobody is
// told. What was connected before stays dead, as after a change of networks; both sides have to find out by themselves.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CuttableNetwork extends AsyncDisposable {
  /** What the client connects to instead of the server. */
  readonly url: string;
  /** Bytes of TCP's payload so far: HTTP with its headers, and the frames of sockets. */
  readonly carried: { readonly up: number; readonly down: number };
  cut(): void;
  /** New connections work again. */
  restore(): void;
}

export async function cuttableNetwork(serverUrl: string): Promise<CuttableNetwork> {
  const { hostname, port } = new URL(serverUrl);
  const carried = { up: 0, down: 0 };
  const sockets = new Set<Socket>();
  let alive = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const carry = (from: Socket, to: Socket, direction: 'up' | 'down') => {
    from.on('data', (chunk: Buffer) => {
      if (!alive.has(from)) return;
      carried[direction] += chunk.length;
      to.write(chunk);
    });
    from.on('close', () => {
      if (alive.has(from)) to.destroy();
    });
  };
  const server = createServer((client) => {
    keep(client);
    // It was accepted by this machine, and not by the server: its client waits in vain.
    if (isCut) return void client.resume();
    const upstream = connect(Number(port), hostname);
    keep(upstream);
    alive.add(client).add(upstream);
    carry(client, upstream, 'up');
    carry(upstream, client, 'down');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    carried,
    cut() {
      isCut = true;
      alive = new Set();
    },
    restore: () => void (isCut = false),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
