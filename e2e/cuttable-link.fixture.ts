// The network between a client and the bank, which a test may cut: every connection that goes through it is reset, as when
// a telephone leaves the house. New ones go through again.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CuttableLink extends AsyncDisposable {
  /** Stands for the bank's. */
  readonly url: string;
  /** Connections so far. */
  connections(): number;
  cut(): void;
  /** The next answer is cut off before a byte of it has come. */
  loseAnswer(): void;
}

export async function cuttableLink(bankUrl: string): Promise<CuttableLink> {
  const { hostname, port } = new URL(bankUrl);
  const open = new Set<Socket>();
  let connections = 0;
  let answersToLose = 0;
  const server = createServer((near) => {
    connections += 1;
    const far = connect(Number(port), hostname);
    far.on('data', () => {
      if (answersToLose === 0) return;
      answersToLose -= 1;
      near.resetAndDestroy();
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    cut,
    loseAnswer: () => (answersToLose += 1),
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
