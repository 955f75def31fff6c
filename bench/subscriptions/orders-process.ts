// Stands in for orders and the gateway: commits events with the real outbox, relays them to the real bus, and answers the
// twin's query from the table of events. There is no saga, no check of rights and no federation in it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { migrate, openDatabase, sql } from '@simplebank/chassis';
import { appendToOutbox, eventsMigrations, openPostgresBus, startRelay, uuidv7 } from '@simplebank/events';
import { answerQuestions, settingsOfProcess } from './answer-questions.ts';
import { now, orderOf, orderUpdate, type OrderUpdate } from './story.ts';

/** Commits are begun in ticks, so that a timer of whole milliseconds reaches any rate. */
const tickMs = 2;
const poolSize = 16;

export interface OrdersReady {
  readonly address: string;
}
export interface CommitOrder {
  readonly run: string;
  /** Each event goes to the next of so many orders. */
  readonly orders: number;
  readonly rate: number;
  readonly seconds: number;
}
/** `at`: just before COMMIT is sent. */
export interface Commit {
  readonly connection: number;
  readonly sequence: number;
  readonly at: number;
}

const { databaseUrl, busUrl } = settingsOfProcess<{ databaseUrl: string; busUrl: string }>();
await migrate(databaseUrl, eventsMigrations, 'events');
await migrate(databaseUrl, new URL('./migrations/', import.meta.url), 'bench');
const database = openDatabase({ url: databaseUrl, service: 'orders', poolSize });
const log = { warn: () => undefined, error: () => undefined };
const bus = await openPostgresBus({ url: busUrl, log });
const relay = await startRelay({ database, bus, stream: 'orders', log });

const insert = sql('events.insert', 'insert into event (order_id, sequence, body) values ($1, $2, $3)');
const readAfter = sql(
  'events.after',
  'select sequence, body from event where order_id = $1 and sequence > $2 order by sequence limit $3',
);
const readNewest = sql(
  'events.newest',
  'select sequence, body from event where order_id = $1 order by sequence desc limit 1',
);

async function commit(orderId: string, sequence: number): Promise<number> {
  const data = orderUpdate(orderId, sequence);
  const at = await database.transaction(async (tx) => {
    await tx.query(insert, [orderId, sequence, JSON.stringify(data)]);
    await appendToOutbox(tx, [
      {
        id: uuidv7(),
        type: data.event,
        version: 1,
        source: 'orders',
        aggregateId: orderId,
        sequence,
        correlationId: orderId,
        causationId: null,
        traceparent: null,
        occurredAt: new Date().toISOString(),
        data,
      },
    ]);
    return now();
  });
  relay.nudge();
  return at;
}

/** At a constant rate, whether or not those before are through. */
async function commitAtRate({ run, orders, rate, seconds }: CommitOrder): Promise<Commit[]> {
  const total = rate * seconds;
  const startedAt = now();
  const commits: Promise<Commit>[] = [];
  while (commits.length < total) {
    const due = Math.min(total, Math.floor(((now() - startedAt) / 1_000) * rate));
    while (commits.length < due) {
      const connection = commits.length % orders;
      const sequence = Math.floor(commits.length / orders) + 1;
      commits.push(commit(orderOf(run, connection), sequence).then((at) => ({ connection, sequence, at })));
    }
    await pause(tickMs);
  }
  return Promise.all(commits);
}

async function answerTwin(body: string): Promise<object> {
  const { variables } = JSON.parse(body) as {
    variables: { orderId: string; live_afterSequence: number | null; live_first: number };
  };
  const { orderId, live_afterSequence: after, live_first: first } = variables;
  const rows = await (after === null
    ? database.query<{ sequence: number; body: OrderUpdate }>(readNewest, [orderId])
    : database.query<{ sequence: number; body: OrderUpdate }>(readAfter, [orderId, after, first]));
  const updates = rows.map((row) => ({ ...row.body, live_sequence: row.sequence, live_final: false }));
  return { data: { orderUpdated: updates } };
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    answerTwin(Buffer.concat(parts).toString()).then(
      (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const ready: OrdersReady = { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
answerQuestions(ready, {
  emit: async ({ run, sequence }: { run: string; sequence: number }) => ({
    at: await commit(orderOf(run, 'shared'), sequence),
  }),
  commits: (order: CommitOrder & { kind: string }) => commitAtRate(order),
});
