// One contestant, measured once: memory a connection, and then either one event to all or commits at a rate.
import type { Child } from './child.ts';
import type { ContestantName, Server } from './contestants.ts';
import type { Arrival, ConnectOrder, Received } from './client-process.ts';
import type { Commit, CommitOrder } from './orders-process.ts';
import { spreadOf, type Spread } from '../percentiles.ts';
import { latencies, median } from './deliveries.ts';
import type { Resident } from './server-questions.ts';

/** Sent and not counted: code is compiled, buffers have grown. */
const warmUpEvents = 3;

export interface Memory {
  readonly kbAConnection: number;
  readonly heapKbAConnection: number;
}
export interface FanOut extends Memory {
  /** Medians over the events; the CPU is that of all of them. */
  readonly messagesASecond: number;
  /** From just before COMMIT to the first subscriber: what lies before the sockets. */
  readonly firstAfterMs: number;
  readonly cpuMicrosecondsAMessage: number;
}
export interface Commits extends Memory {
  readonly latencyMs: Spread;
  /** From the first commit to the last. */
  readonly committedASecond: number;
  readonly cpuMicrosecondsAnEvent: number;
}

export interface Parties {
  readonly name: ContestantName;
  readonly server: Server;
  readonly client: Child;
  readonly orders: Child;
}

export async function measureFanOut(
  { name, server, client, orders }: Parties,
  order: ConnectOrder,
  events: number,
): Promise<FanOut> {
  const memory = await connectAll(server, client, order);
  const rates: number[] = [];
  const firsts: number[] = [];
  let before = 0;
  for (let sequence = 1; sequence <= warmUpEvents + events; sequence += 1) {
    if (sequence === warmUpEvents + 1) before = await cpuOf(server);
    // Nothing but the sockets is in the limit: its own process sends the event.
    const sender = name === 'raw ws' ? server : orders;
    const { at } = await sender.ask<{ at: number }>({ kind: 'emit', run: order.run, sequence });
    const expected = sequence * order.connections;
    const received = await client.ask<Received>({ kind: 'received', expected });
    requireAll(name, received, expected);
    if (sequence <= warmUpEvents) continue;
    rates.push(order.connections / ((received.lastAt - at) / 1_000));
    firsts.push(received.firstAt - at);
  }
  const cpu = (await cpuOf(server)) - before;
  await client.ask({ kind: 'close' });
  return {
    ...memory,
    messagesASecond: median(rates),
    firstAfterMs: median(firsts),
    cpuMicrosecondsAMessage: cpu / (events * order.connections),
  };
}

export async function measureCommits(
  { name, server, client, orders }: Parties,
  order: ConnectOrder,
  plan: Pick<CommitOrder, 'rate' | 'seconds'>,
): Promise<Commits> {
  const memory = await connectAll(server, client, order);
  const before = await cpuOf(server);
  const { run, connections } = order;
  const commits = await orders.ask<Commit[]>({ kind: 'commits', run, orders: connections, ...plan });
  requireAll(
    name,
    await client.ask<Received>({ kind: 'received', expected: commits.length }),
    commits.length,
  );
  const cpu = (await cpuOf(server)) - before;
  const arrivals = await client.ask<Arrival[]>({ kind: 'arrivals' });
  await client.ask({ kind: 'close' });
  const latencyMs = spreadOf(latencies(commits, arrivals));
  if (latencyMs === undefined) throw new Error('nothing was committed');
  const times = commits.map(({ at }) => at);
  const seconds = (times.reduce((a, b) => Math.max(a, b)) - times.reduce((a, b) => Math.min(a, b))) / 1_000;
  return {
    ...memory,
    latencyMs,
    committedASecond: commits.length / seconds,
    cpuMicrosecondsAnEvent: cpu / commits.length,
  };
}

async function connectAll(server: Server, client: Child, order: ConnectOrder): Promise<Memory> {
  const before = await server.ask<Resident>({ kind: 'memory' });
  await client.ask({ kind: 'connect', ...order });
  const after = await server.ask<Resident>({ kind: 'memory' });
  const kb = (bytes: number) => bytes / 1_000 / order.connections;
  return {
    kbAConnection: kb(after.rssBytes - before.rssBytes),
    heapKbAConnection: kb(after.heapBytes - before.heapBytes),
  };
}

const cpuOf = async (server: Server): Promise<number> =>
  (await server.ask<{ microseconds: number }>({ kind: 'cpu' })).microseconds;

function requireAll(name: string, { messages, wrong }: Received, expected: number): void {
  if (messages === expected && wrong === 0) return;
  throw new Error(
    `the run is invalid: subscribers of ${name} got ${messages} of ${expected} messages, ${wrong} missing or wrong`,
  );
}
