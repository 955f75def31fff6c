// Random days of a session: messages lost, spoiled and doubled on the wire, connections cut, handlers that fail.
// Whatever happens, every report arrives exactly once and in order, and no order arrives twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  FixSession,
  ManualClock,
  memoryStore,
  transportPair,
  type ExecutionReport,
  type NewOrderSingle,
  type SessionStore,
  type Transport,
} from './index.ts';
import { settle } from './manual-clock.ts';

const order = (clOrdId: string): NewOrderSingle => ({
  msgType: 'D',
  clOrdId,
  symbol: 'ACME',
  side: '1',
  orderQty: '1',
  ordType: '1',
  transactTime: 0,
});
const report = (execId: string): ExecutionReport => ({
  msgType: '8',
  orderId: 'O',
  execId,
  execType: 'F',
  ordStatus: '1',
  symbol: 'ACME',
  side: '1',
  leavesQty: '1',
  cumQty: '1',
  avgPx: '1.00',
});

type Step = 'report' | 'order' | 'quote' | 'lose' | 'spoil' | 'cut' | 'fail' | 'wait' | 'restart';
const steps = fc.array(
  fc.constantFrom<Step[]>(
    'report',
    'report',
    'report',
    'order',
    'quote',
    'lose',
    'spoil',
    'cut',
    'fail',
    'wait',
    'restart',
  ),
  { maxLength: 40 },
);

/** Both sides, and the line between them with the faults that are switched on. */
class Day {
  readonly clock = new ManualClock();
  readonly reports: string[] = [];
  readonly orders: string[] = [];
  readonly bankStore = memoryStore();
  readonly exchangeStore = memoryStore();
  bank!: FixSession;
  exchange!: FixSession;
  lose = 0;
  spoil = 0;
  fail = 0;
  #ends: Promise<unknown> = Promise.resolve();
  #line: Transport | undefined;

  async open(): Promise<void> {
    this.bank = await this.#session('initiator', 'BANK', 'EXCH', this.bankStore, (m) => {
      if (m.msgType === '8') this.reports.push(m.execId);
    });
    this.exchange = await this.#session('acceptor', 'EXCH', 'BANK', this.exchangeStore, (m) => {
      if (m.msgType === 'D') this.orders.push(m.clOrdId);
    });
  }

  async connect(): Promise<void> {
    if (this.bank.state !== 'disconnected') return;
    await this.cut();
    const [left, right] = transportPair();
    this.#line = left;
    this.#ends = Promise.all([this.bank.run(this.#faulty(left)), this.exchange.run(this.#faulty(right))]);
    await settle();
  }

  async cut(): Promise<void> {
    this.#line?.close();
    await this.#ends;
  }

  /** Only the stores survive, as after a crash of both processes. */
  async restart(): Promise<void> {
    await this.cut();
    await this.open();
  }

  #session(
    role: 'initiator' | 'acceptor',
    senderCompId: string,
    targetCompId: string,
    store: SessionStore,
    take: (message: ExecutionReport | NewOrderSingle) => void,
  ): Promise<FixSession> {
    return FixSession.open({
      role,
      senderCompId,
      targetCompId,
      store,
      clock: this.clock,
      onMessage: async (message) => {
        if (this.fail > 0) {
          this.fail -= 1;
          throw new Error('the database is away');
        }
        if (message.msgType === '8' || message.msgType === 'D') take(message);
      },
    });
  }

  #faulty(transport: Transport): Transport {
    return {
      chunks: transport.chunks,
      close: () => transport.close(),
      write: (text) => {
        if (this.lose > 0) this.lose -= 1;
        else if (this.spoil > 0) {
          this.spoil -= 1;
          transport.write(text.replace('\u000134=', '\u000134=1'));
        } else transport.write(text);
      },
    };
  }
}

async function live(day: Day, step: Step, at: number): Promise<void> {
  if (step === 'report') await day.exchange.send(report(`E${at}`));
  else if (step === 'order') await day.bank.send(order(`O${at}`));
  else if (step === 'quote') await day.exchange.send({ msgType: 'W', symbol: 'ACME', mdEntries: [] });
  else if (step === 'cut') await day.cut();
  else if (step === 'restart') await day.restart();
  else if (step === 'wait') await day.clock.advance(3_000);
  else day[step] += 1;
  await settle();
}

test('every report arrives once and in order, and no order arrives twice, whatever happens to the line', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const day = new Day();
      await day.open();
      await day.connect();
      for (const [at, step] of plan.entries()) {
        await live(day, step, at);
        if (at % 3 === 0) await day.connect();
      }
      Object.assign(day, { lose: 0, spoil: 0, fail: 0 });
      for (let round = 0; round < 4; round += 1) {
        await day.connect();
        await day.clock.advance(15_000);
      }
      assert.deepEqual(
        day.reports,
        plan.flatMap((step, at) => (step === 'report' ? [`E${at}`] : [])),
      );
      assert.deepEqual(day.orders, [...new Set(day.orders)]);
      assert.equal(day.bank.state, 'active');
      assert.equal(day.bank.numbers.nextIncoming, day.exchange.numbers.nextOutgoing);
      assert.equal(day.exchange.numbers.nextIncoming, day.bank.numbers.nextOutgoing);
      await day.cut();
    }),
    { numRuns: 60 },
  );
});
