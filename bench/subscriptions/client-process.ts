// All subscribers, in one process: sockets without any library, so that the load costs less than what is measured. Counts
// what each connection got and that its sequence numbers rise by one.
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { answerQuestions } from './answer-questions.ts';
import { pongFrame, readFrames, textFrame } from './client-frames.ts';
import { document, now, orderOf, type Sharing } from './story.ts';

/** Opened at once; more would overflow the server's queue of connections (511). */
const openedAtOnce = 200;
const waitMs = 30_000;
const lookMs = 2;
/** After all have subscribed: what the servers do behind the pong. */
const settleMs = 1_500;
const readBytes = 256 * 1024;

export interface ConnectOrder {
  readonly port: number;
  readonly run: string;
  readonly sharing: Sharing;
  /** One for all, or one for each. */
  readonly tokens: readonly string[];
  readonly connections: number;
}
export interface Received {
  /** Of all connections since they were opened. */
  readonly messages: number;
  /** Connections that have not exactly the events expected, in order. */
  readonly wrong: number;
  /** Of the last event awaited. */
  readonly firstAt: number;
  readonly lastAt: number;
}
export interface Arrival {
  readonly connection: number;
  readonly sequence: number;
  readonly at: number;
}

const shared = Buffer.alloc(readBytes);
let sockets: Socket[] = [];
let sequences = new Uint32Array();
let faults = 0;
let messages = 0;
let firstAt = 0;
let lastAt = 0;
let arrivals: Arrival[] = [];
let keepsArrivals = false;

function take(connection: number, text: string): void {
  lastAt = now();
  if (firstAt === 0) firstAt = lastAt;
  const sequence = Number.parseInt(text.slice(text.indexOf('"sequence":') + 11), 10);
  if (!text.includes('"type":"next"') || sequence !== (sequences[connection] ?? 0) + 1) faults += 1;
  sequences[connection] = sequence;
  messages += 1;
  if (keepsArrivals) arrivals.push({ connection, sequence, at: lastAt });
}

/** Resolves when the server has answered what was sent after the subscription. */
function open(order: ConnectOrder, connection: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest: Buffer = Buffer.alloc(0);
    let isUpgraded = false;
    const socket = connect({
      port: order.port,
      host: '127.0.0.1',
      onread: {
        buffer: shared,
        callback(size, buffer) {
          let bytes = Buffer.from(buffer.buffer, buffer.byteOffset, size);
          if (rest.length > 0 || !isUpgraded) bytes = Buffer.concat([rest, bytes]);
          if (!isUpgraded) {
            const end = bytes.indexOf('\r\n\r\n');
            isUpgraded = end >= 0;
            if (isUpgraded) bytes = bytes.subarray(end + 4);
          }
          const left = isUpgraded ? readFrames(bytes, reader) : bytes;
          // The buffer is all sockets', so what is left has to be copied.
          rest = left.length === 0 ? left : Buffer.from(left);
          return true;
        },
      },
    });
    const reader = {
      onText(text: string) {
        if (text.startsWith('{"type":"connection_ack"')) {
          socket.write(
            Buffer.concat([textFrame(subscription(order, connection)), textFrame('{"type":"ping"}')]),
          );
        } else if (text.startsWith('{"type":"pong"')) resolve();
        else take(connection, text);
      },
      onPing: (payload: Buffer) => void socket.write(pongFrame(payload)),
      onClose(code: number, reason: string) {
        faults += 1;
        reject(new Error(`a socket was closed: ${code} ${reason}`));
      },
    };
    socket.on('error', (error) => {
      faults += 1;
      reject(error);
    });
    socket.setNoDelay(true);
    sockets.push(socket);
    socket.write(handshake(order, connection));
  });
}

function handshake({ port, tokens }: ConnectOrder, connection: number): Buffer {
  const authorization = `Bearer ${tokens[connection % tokens.length]}`;
  const head =
    `GET /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
    `sec-websocket-version: 13\r\nsec-websocket-key: ${Buffer.from(String(connection).padStart(16, '0')).toString('base64')}\r\n` +
    'sec-websocket-protocol: graphql-transport-ws\r\n\r\n';
  return Buffer.concat([
    Buffer.from(head),
    textFrame(JSON.stringify({ type: 'connection_init', payload: { authorization } })),
  ]);
}

/** The id is the client's choice: here its own, as those of real clients differ. */
function subscription({ run, sharing }: ConnectOrder, connection: number): string {
  const orderId = orderOf(run, sharing === 'shared' ? 'shared' : connection);
  const payload = { operationName: 'FollowOrder', query: document, variables: { orderId } };
  return JSON.stringify({ id: `c${connection}`, type: 'subscribe', payload });
}

async function openAll(order: ConnectOrder): Promise<object> {
  sequences = new Uint32Array(order.connections);
  [faults, messages, firstAt, arrivals] = [0, 0, 0, []];
  keepsArrivals = order.sharing === 'own';
  for (let from = 0; from < order.connections; from += openedAtOnce) {
    const count = Math.min(openedAtOnce, order.connections - from);
    await Promise.all(Array.from({ length: count }, (_, index) => open(order, from + index)));
  }
  await pause(settleMs);
  return { connections: sockets.length };
}

async function awaitMessages(expected: number): Promise<Received> {
  const givesUpAt = now() + waitMs;
  while (messages < expected && now() < givesUpAt) await pause(lookMs);
  const received = { messages, wrong: faults + Math.abs(expected - messages), firstAt, lastAt };
  firstAt = 0;
  return received;
}

function closeAll(): object {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  return { done: true };
}

answerQuestions(
  { ready: true },
  {
    connect: (order: ConnectOrder & { kind: string }) => openAll(order),
    received: ({ expected }: { expected: number }) => awaitMessages(expected),
    arrivals: () => arrivals,
    close: closeAll,
  },
);
