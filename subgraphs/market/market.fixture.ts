// The market service as it runs, against the real exchange in its own process and a real Postgres: what the
// service's tests start, ask and break.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { openHost, sql, type Database, type RunningService, type ServiceClient } from '@simplebank/chassis';
import { cancelRoute, routeOrder, type MarketEventType } from '@simplebank/contracts';
import { decodeEnvelope, eventsMigrations, type EventEnvelope } from '@simplebank/events';
import { startServiceProcess, testDatabase, type ServiceProcess } from '@simplebank/testkit';
import { start } from './main.ts';

/** Longer than any takeover or reconnect; only a failing test waits so long. */
const PATIENCE_MS = 12_000;
const POLL_MS = 20;

const readySchema = z.object({ ready: z.literal(true), port: z.number(), controlPort: z.number() });
const exchangeExecutionsSchema = z.array(z.object({ execId: z.string() }));

export interface Exchange extends AsyncDisposable {
  readonly port: number;
  setFaults(changes: Record<string, unknown>): Promise<void>;
  /** The ids of all executions by the exchange's own statement. */
  executionIds(): Promise<string[]>;
  /** From now on it reads nothing any more, until it is killed. */
  freeze(): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** While it is killed: it loses all orders, executions and numbers. */
  forget(): Promise<void>;
}

export async function startExchange(): Promise<Exchange> {
  const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-market-exchange-'));
  let running: ChildProcess;
  let ports = { port: 0, controlPort: 0 };

  async function run(): Promise<void> {
    running = spawn(process.execPath, [fileURLToPath(new URL('../../exchange/main.ts', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        ...process.env,
        EXCHANGE_PORT: String(ports.port),
        EXCHANGE_CONTROL_PORT: String(ports.controlPort),
        EXCHANGE_DATA_DIR: dataDir,
        EXCHANGE_TICK_MS: '20',
        EXCHANGE_EXIT_WITH_PARENT: '1',
      },
    });
    const { stdout } = running;
    if (stdout === null) throw new Error('the exchange has no standard output');
    const lines = createInterface({ input: stdout });
    const [line] = (await once(lines, 'line')) as [string];
    ports = readySchema.parse(JSON.parse(line));
  }

  async function kill(): Promise<void> {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  }

  await run();
  return {
    port: ports.port,
    async setFaults(changes) {
      const response = await fetch(`http://127.0.0.1:${ports.controlPort}/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(changes),
      });
      if (!response.ok) throw new Error(await response.text());
    },
    async executionIds() {
      const response = await fetch(`http://127.0.0.1:${ports.controlPort}/executions`);
      return exchangeExecutionsSchema.parse(await response.json()).map(({ execId }) => execId);
    },
    freeze: () => void running.kill('SIGSTOP'),
    kill,
    restart: run,
    async forget() {
      await rm(dataDir, { recursive: true });
      await mkdir(dataDir);
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Market extends AsyncDisposable {
  readonly db: Database;
  /** As the orders service calls it: the newest replica. */
  readonly client: ServiceClient;
  readonly service: RunningService;
  /** Another process's worth of the service on the same database. */
  replica(): Promise<RunningService>;
  /** Another replica, in a process of its own that the test may kill. */
  replicaProcess(): Promise<ServiceProcess>;
  /** The exchange is connected. */
  connected(): Promise<void>;
  route(orderId: string, terms?: Partial<z.input<typeof routeOrder.request>>): Promise<string>;
  /** Of one replica, also when it is dead. */
  clientAt(replica: { readonly url: string }): ServiceClient;
  routeBy(caller: ServiceClient, orderId: string): Promise<string>;
  cancel(orderId: string): Promise<string>;
  events(orderId: string): Promise<EventEnvelope[]>;
  /** The types of the order's events, as soon as `until` is among them. */
  eventsUntil(orderId: string, until: MarketEventType): Promise<string[]>;
  /** Lines that the service has logged. */
  readonly log: readonly Record<string, unknown>[];
}

const outboxOf = sql(
  'test.outbox',
  `select envelope from outbox where envelope ->> 'aggregateId' = $1 order by id`,
);

export async function startMarket(
  exchange: { port: number },
  identityUrl = 'http://127.0.0.1:9',
): Promise<Market> {
  const own = { name: 'market', folder: new URL('./migrations/', import.meta.url) };
  const database = await testDatabase({ migrations: [{ name: 'events', folder: eventsMigrations }, own] });
  const bus = await testDatabase();
  const log: Record<string, unknown>[] = [];
  const started: RunningService[] = [];
  const serviceTokenSecret = 'market-tests';
  const wiring = {
    host: '127.0.0.1',
    port: 0,
    environment: { EXCHANGE_PORT: String(exchange.port), EXCHANGE_ANSWER_TIMEOUT_MS: '400' },
    serviceTokenSecret,
    issuer: 'test-issuer',
    logDestination: { write: (line: string) => void log.push(JSON.parse(line)) },
  };
  async function run(): Promise<RunningService> {
    const service = await start(
      openHost({
        ...wiring,
        service: 'market',
        databaseUrl: database.url,
        busUrl: bus.url,
        replicasOf: () => [identityUrl],
      }),
    );
    // A test may have stopped it already.
    let stopped: Promise<void> | undefined;
    const once = { ...service, stop: () => (stopped ??= service.stop()) };
    started.push(once);
    return once;
  }
  const service = await run();
  const clients: ServiceClient[] = [];
  function clientOf(addressed: () => { readonly url: string }): ServiceClient {
    const host = openHost({ ...wiring, service: 'orders', replicasOf: () => [addressed().url] });
    clients.push(host.client);
    return host.client;
  }
  const client = clientOf(() => started.at(-1) ?? service);
  const processes = new AsyncDisposableStack();

  async function routeBy(
    caller: ServiceClient,
    orderId: string,
    terms: Partial<z.input<typeof routeOrder.request>> = {},
  ): Promise<string> {
    const answer = await caller.call(routeOrder, { ...sellAcme, ...terms, orderId });
    return answer.outcome === 'accepted' ? answer.outcome : answer.rejection.code;
  }

  async function events(orderId: string): Promise<EventEnvelope[]> {
    const rows = await database.db.query<{ envelope: unknown }>(outboxOf, [orderId]);
    return rows.map(({ envelope }) => decodeEnvelope(envelope));
  }

  return {
    db: database.db,
    client,
    service,
    log,
    replica: run,
    async replicaProcess() {
      const { environment, issuer } = wiring;
      const main = new URL('./main.ts', import.meta.url);
      const given = { main, service: 'market', databaseUrl: database.url, busUrl: bus.url };
      return processes.use(await startServiceProcess({ ...given, environment, issuer, serviceTokenSecret }));
    },
    async connected() {
      await eventually('a session with the exchange', async () =>
        /state="active".*\} 1/.test(await service.metrics.text()) ? true : undefined,
      );
    },
    route: (orderId, terms) => routeBy(client, orderId, terms),
    clientAt: (replica) => clientOf(() => replica),
    routeBy,
    async cancel(orderId) {
      const answer = await client.call(cancelRoute, { orderId });
      return answer.outcome === 'accepted' ? answer.outcome : answer.rejection.code;
    },
    events,
    eventsUntil: (orderId, until) =>
      eventually(`${until} of ${orderId}`, async () => {
        const types = (await events(orderId)).map(({ type }) => type);
        return types.includes(until) ? types : undefined;
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((each) => each.stop()));
      await processes.disposeAsync();
      for (const each of clients) await each.close();
      await bus[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

const sellAcme: Omit<z.input<typeof routeOrder.request>, 'orderId'> = {
  accountId: 'acc-1',
  symbol: 'ACME',
  side: 'SELL',
  orderType: 'MARKET',
  timeInForce: 'DAY',
  quantity: '10',
  limitPrice: null,
};

/** Asks again and again until there is an answer. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const endsAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > endsAt) throw new Error(`waited in vain for ${what}`);
    await pause(POLL_MS);
  }
}
