// The exchange as a real process with a real FIX client: killed under load, orphaned, started twice, stopped.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import {
  execType,
  FixSession,
  memoryStore,
  startInitiator,
  systemClock,
  type ApplicationMessage,
  type ExecutionReport,
  type NewOrderSingle,
  type Reject,
} from '@simplebank/fix';
import { instruments } from './instruments.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const WAIT_MS = 15_000;

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Running {
  readonly process: ChildProcess;
  readonly port: number;
  readonly controlPort: number;
  errors(): string;
}

function launch(
  t: TestContext,
  dataDir: string,
  more: Record<string, string> = {},
): { child: ChildProcess; errors: () => string } {
  const environment = {
    EXCHANGE_PORT: '0',
    EXCHANGE_CONTROL_PORT: '0',
    EXCHANGE_DATA_DIR: dataDir,
    EXCHANGE_TICK_MS: '20',
  };
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...environment, ...more } });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, errors: () => text };
}

async function start(t: TestContext, dataDir: string, more: Record<string, string> = {}): Promise<Running> {
  const { child, errors } = launch(t, dataDir, more);
  const lines = createInterface({ input: child.stdout! });
  const line = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => assert.fail(errors())),
  ]);
  const { ready, port, controlPort } = JSON.parse(String(line[0])) as {
    ready: boolean;
    port: number;
    controlPort: number;
  };
  assert.equal(ready, true);
  return { process: child, port, controlPort, errors };
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'exchange-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function statement<T>({ controlPort }: Running, path: string): Promise<T> {
  return (await (await fetch(`http://127.0.0.1:${controlPort}${path}`)).json()) as T;
}

async function setFaults(
  { controlPort }: Running,
  faults: unknown,
  type = 'application/json',
): Promise<number> {
  const headers = { 'content-type': type };
  const body = JSON.stringify(faults);
  return (await fetch(`http://127.0.0.1:${controlPort}/faults`, { method: 'POST', headers, body })).status;
}

/** A client that never guesses: an order without an answer is asked for, and placed again only when it is unknown. */
async function startClient(t: TestContext, port: number): Promise<Client> {
  const client = new Client();
  client.session = await FixSession.open({
    role: 'initiator',
    senderCompId: 'SIMPLEBANK',
    targetCompId: 'SIMEX',
    store: memoryStore(),
    clock: systemClock,
    onMessage: async (message) => client.receive(message),
    onEvent: ({ kind }) => {
      if (kind === 'logged-on') client.ask();
    },
  });
  const initiator = startInitiator({ host: '127.0.0.1', port, session: client.session });
  t.after(() => initiator.stop());
  return client;
}

class Client {
  session!: FixSession;
  readonly executions: ExecutionReport[] = [];
  readonly unanswered = new Map<string, NewOrderSingle>();
  readonly terminal = new Set<string>();
  readonly quoted = new Set<string>();

  place(clOrdId: string, more: Partial<NewOrderSingle> = {}): void {
    const order: NewOrderSingle = {
      msgType: 'D',
      clOrdId,
      symbol: 'ACME',
      side: '2',
      orderQty: '10',
      ordType: '1',
      transactTime: Date.now(),
      ...more,
    };
    this.unanswered.set(clOrdId, order);
    void this.session.send(order);
  }

  ask(): void {
    for (const { clOrdId, symbol, side } of this.unanswered.values()) {
      void this.session.send({ msgType: 'H', clOrdId, symbol, side });
    }
  }

  receive(message: ApplicationMessage | Reject): void {
    if (message.msgType === 'W') this.quoted.add(message.symbol);
    if (message.msgType !== '8' || message.clOrdId === undefined) return;
    const { clOrdId } = message;
    if (message.execType === execType.orderStatus && message.ordRejReason === '5') {
      const order = this.unanswered.get(clOrdId);
      if (order !== undefined) void this.session.send(order);
      return;
    }
    this.unanswered.delete(clOrdId);
    if (message.execType === execType.trade) this.executions.push(message);
    if (['2', '4', '8'].includes(message.ordStatus)) this.terminal.add(clOrdId);
  }
}

interface StatedExecution {
  execId: string;
  clOrdId: string;
  quantity: string;
  price: string;
}
interface StatedOrder {
  clOrdId: string;
  status: string;
  quantity: string;
  cumulative: string;
  leaves: string;
}

test(
  'killed under load three times, it loses no execution and doubles none',
  { timeout: 60_000 },
  async (t) => {
    const dataDir = await temporaryFolder(t);
    let exchange = await start(t, dataDir);
    const ports = { EXCHANGE_PORT: String(exchange.port) };
    const client = await startClient(t, exchange.port);
    let placed = 0;
    for (const killAfter of [1, 120, 400]) {
      await until('logged on', () => client.session.state === 'active');
      const before = client.executions.length;
      for (let n = 0; n < 200; n += 1) {
        placed += 1;
        client.place(`order-${placed}`, { side: placed % 2 === 0 ? '1' : '2' });
      }
      await until('some are executed', () => client.executions.length >= before + Math.min(killAfter, 190));
      exchange.process.kill('SIGKILL');
      // Orders placed while it is away are refused by the session, and asked for later.
      client.place(`order-${(placed += 1)}`);
      await once(exchange.process, 'exit');
      exchange = await start(t, dataDir, ports);
    }
    await until('every order is terminal', () => client.terminal.size === placed);

    const stated = await statement<StatedExecution[]>(exchange, '/executions');
    const seen = client.executions.map(({ execId, clOrdId, lastQty, lastPx }) =>
      [execId, clOrdId, lastQty, lastPx].join(' '),
    );
    assert.equal(new Set(client.executions.map(({ execId }) => execId)).size, client.executions.length);
    assert.deepEqual(
      seen.toSorted(),
      stated
        .map(({ execId, clOrdId, quantity, price }) => [execId, clOrdId, quantity, price].join(' '))
        .toSorted(),
    );
    const orders = await statement<StatedOrder[]>(exchange, '/orders');
    assert.equal(orders.length, placed);
    assert.ok(
      orders.every(
        ({ status, quantity, cumulative, leaves }) =>
          status === 'filled' && cumulative === quantity && leaves === '0',
      ),
    );
  },
);

test(
  'lost, late and missing answers and a dropped line cost nothing in the end',
  { timeout: 30_000 },
  async (t) => {
    const exchange = await start(t, await temporaryFolder(t), { EXCHANGE_DROP_EVERY: '7' });
    const client = await startClient(t, exchange.port);
    await until('logged on', () => client.session.state === 'active');
    assert.equal(await setFaults(exchange, { loseNext: 5, delayMs: 30 }), 200);
    for (let n = 0; n < 40; n += 1) client.place(`order-${n}`);
    await until('some executions', () => client.executions.length >= 10);
    await setFaults(exchange, { dropConnection: true, delayMs: 0 });
    await until('every order is terminal', () => client.terminal.size === 40);
    assert.equal(new Set(client.executions.map(({ execId }) => execId)).size, client.executions.length);
    assert.equal(
      client.executions.reduce((sum, { lastQty }) => sum + Number(lastQty), 0),
      400,
    );
  },
);

test('it quotes every instrument to a client that asks over FIX', { timeout: 20_000 }, async (t) => {
  const exchange = await start(t, await temporaryFolder(t));
  const client = await startClient(t, exchange.port);
  await until('logged on', () => client.session.state === 'active');
  await client.session.send({
    msgType: 'V',
    mdReqId: 'quotes',
    subscriptionRequestType: '1',
    marketDepth: 1,
    mdEntryTypes: [{ mdEntryType: '0' }, { mdEntryType: '1' }, { mdEntryType: '2' }],
    relatedSymbols: instruments.map(({ symbol }) => ({ symbol })),
  });
  await until('all are quoted', () => client.quoted.size === instruments.length);
  client.quoted.clear();
  await until('all are quoted again', () => client.quoted.size === instruments.length);
});

test('the control port checks what it is told', { timeout: 20_000 }, async (t) => {
  const exchange = await start(t, await temporaryFolder(t));
  assert.deepEqual(await statement(exchange, '/healthz'), { status: 'ok' });
  assert.equal(await setFaults(exchange, { delayMs: -1 }), 400);
  assert.equal(await setFaults(exchange, { unheardOf: 1 }), 400);
  assert.equal(await setFaults(exchange, { delayMs: 1 }, 'text/plain'), 415);
  assert.equal(await setFaults(exchange, { halted: ['x'.repeat(20_000)] }), 413);
  assert.equal((await statement<{ delayMs: number }>(exchange, '/faults')).delayMs, 0);
  assert.deepEqual(await statement(exchange, '/nothing'), { error: 'not found' });
});

test('a signal ends it cleanly: exit code 0 and nothing to repair', { timeout: 20_000 }, async (t) => {
  const dataDir = await temporaryFolder(t);
  const exchange = await start(t, dataDir);
  const client = await startClient(t, exchange.port);
  await until('logged on', () => client.session.state === 'active');
  client.place('a', { ordType: '2', price: '500.00' });
  await until('answered', () => client.unanswered.size === 0);
  exchange.process.kill('SIGTERM');
  assert.deepEqual(await once(exchange.process, 'exit'), [0, null]);
  const again = await start(t, dataDir);
  const orders = await statement<StatedOrder[]>(again, '/orders');
  assert.deepEqual(
    orders.map(({ clOrdId, leaves }) => [clOrdId, leaves]),
    [['a', '10']],
  );
  assert.doesNotMatch(again.errors(), /journal-tail-cut/);
});

test('a second one on the same folder says why it cannot start', { timeout: 20_000 }, async (t) => {
  const dataDir = await temporaryFolder(t);
  await start(t, dataDir);
  const { child, errors } = launch(t, dataDir);
  assert.deepEqual(await once(child, 'exit'), [1, null]);
  assert.match(errors(), /another exchange \(process \d+\) works on .*; stop it or set EXCHANGE_DATA_DIR/);
});

test(
  'it ends with its parent, and a successor that starts meanwhile takes over',
  { timeout: 20_000 },
  async (t) => {
    const dataDir = await temporaryFolder(t);
    const orphan = await start(t, dataDir, { EXCHANGE_EXIT_WITH_PARENT: '1' });
    const ports = { EXCHANGE_PORT: String(orphan.port), EXCHANGE_CONTROL_PORT: String(orphan.controlPort) };
    const successor = start(t, dataDir, ports);
    const exit = once(orphan.process, 'exit');
    const gone = Date.now();
    orphan.process.stdin?.end();
    assert.deepEqual(await exit, [0, null]);
    assert.ok(Date.now() - gone < 1_000);
    assert.equal((await successor).port, orphan.port);
  },
);
