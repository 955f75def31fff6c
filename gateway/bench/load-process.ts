// Puts load on one gateway at a time, in a process of its own: keep-alive connections over plain sockets, each sending
// its next request when the answer to the last one is there. Answers are checked before, and by samples meanwhile.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { HttpMessages, type HttpMessage } from './http-messages.ts';
import type { BenchRequest, Scenario } from './scenario.ts';
import { percentile } from './statistics.ts';

export type ToLoad =
  | { readonly kind: 'check'; readonly port: number; readonly requests: readonly BenchRequest[] }
  | ({ readonly kind: 'run'; readonly port: number } & Run);

export interface Run extends Pick<Scenario, 'connections' | 'authorization'> {
  readonly seconds: number;
}

export type FromLoad =
  | { readonly kind: 'checked'; readonly wrong: string | undefined }
  | { readonly kind: 'ran'; readonly ran: Ran }
  | { readonly kind: 'failed'; readonly reason: string };

export interface Ran {
  readonly requests: number;
  readonly wrong: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Each so many answers one is compared byte by byte with the one that was checked; of the others, status and length. */
const sampleEvery = 16;
/** Of a wrong answer, for whoever reads the error. */
const mostShownCharacters = 300;

interface Target {
  readonly bodies: readonly Buffer[];
  /** What the gateway answered when it was checked, by request. */
  readonly answers: Buffer[];
}

const targets = new Map<number, Target>();
/** Counts through all runs, so that no authorization header comes twice. */
let authorizations = 0;

function requestBytes(port: number, body: Buffer, authorization: string): Buffer {
  const head =
    `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
    `accept: application/json\r\nauthorization: Bearer ${authorization}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  return socket;
}

async function check(port: number, requests: readonly BenchRequest[]): Promise<string | undefined> {
  const target: Target = { bodies: requests.map(({ body }) => Buffer.from(body)), answers: [] };
  const socket = await open(port);
  try {
    for (const [index, { answer }] of requests.entries()) {
      const bytes = requestBytes(port, target.bodies[index] ?? Buffer.alloc(0), `check${index}`);
      const { head, body } = await exchangeOnce(socket, bytes);
      const isRight = head.startsWith('HTTP/1.1 200') && isSameJson(body.toString('utf8'), answer);
      if (!isRight) return `${head.slice(0, 15)} ${body.toString('utf8').slice(0, mostShownCharacters)}`;
      target.answers.push(Buffer.from(body));
    }
  } finally {
    socket.destroy();
  }
  targets.set(port, target);
  return undefined;
}

function isSameJson(text: string, expected: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(text), JSON.parse(expected));
  } catch {
    return false;
  }
}

function exchangeOnce(socket: Socket, bytes: Buffer): Promise<HttpMessage> {
  return new Promise((resolve, reject) => {
    const messages = new HttpMessages(resolve);
    const end = () => reject(new Error('the gateway closed the connection'));
    socket.removeAllListeners('data').on('data', (piece: Buffer) => messages.push(piece));
    socket.removeAllListeners('close').once('close', end);
    socket.write(bytes);
  });
}

async function run(port: number, { seconds, connections, authorization }: Run): Promise<Ran> {
  const target = targets.get(port);
  if (target === undefined) throw new Error('a gateway is checked before it is loaded');
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  let sent = 0;
  let wrong = 0;

  const work = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let index = 0;
      let sentAt = 0;
      const send = () => {
        index = sent % target.bodies.length;
        sent += 1;
        authorizations += authorization === 'each its own' ? 1 : 0;
        const token = `bench${String(authorizations).padStart(12, '0')}`;
        sentAt = performance.now();
        socket.write(requestBytes(port, target.bodies[index] ?? Buffer.alloc(0), token));
      };
      const messages = new HttpMessages(({ head, body }) => {
        const now = performance.now();
        latenciesMs.push(now - sentAt);
        const checked = target.answers[index] ?? Buffer.alloc(0);
        const isSample = latenciesMs.length % sampleEvery === 0;
        const isRight =
          head.startsWith('HTTP/1.1 200') &&
          body.length === checked.length &&
          (!isSample || body.equals(checked));
        if (!isRight) wrong += 1;
        if (now < endsAt) send();
        else resolve();
      });
      socket.on('data', (piece: Buffer) => messages.push(piece));
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the gateway closed a connection under load')));
      send();
    });

  try {
    await Promise.all(sockets.map(work));
  } finally {
    for (const socket of sockets) socket.removeAllListeners('close').destroy();
  }
  latenciesMs.sort((a, b) => a - b);
  return {
    requests: latenciesMs.length,
    wrong,
    seconds: (performance.now() - startedAt) / 1_000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  };
}

async function obey(message: ToLoad): Promise<FromLoad> {
  if (message.kind === 'check') {
    return { kind: 'checked', wrong: await check(message.port, message.requests) };
  }
  return { kind: 'ran', ran: await run(message.port, message) };
}

process.on('message', (message: ToLoad) => {
  const answer = obey(message).catch((fault: unknown): FromLoad => ({
    kind: 'failed',
    reason: String(fault),
  }));
  void answer.then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
