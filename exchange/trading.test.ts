// The trading floor with its journal on a real disk and a clock that stands still: reports, determinism, recovery,
// compaction, faults and quotes.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  ManualClock,
  type ApplicationMessage,
  type ExecutionReport,
  type NewOrderSingle,
} from '@simplebank/fix';
import { FaultSwitches, type Faults } from './faults.ts';
import { instruments } from './instruments.ts';
import { MarketData } from './market-data.ts';
import { openMemory, type Memory } from './memory.ts';
import { Trading } from './trading.ts';

const TICK_MS = 100;

interface Floor {
  readonly trading: Trading;
  readonly memory: Memory;
  readonly clock: ManualClock;
  readonly sent: ApplicationMessage[];
  readonly faults: FaultSwitches;
}

async function openFloor(
  dataDir: string,
  more: { clock?: ManualClock; faults?: Partial<Faults>; compactAboveBytes?: number; still?: boolean } = {},
): Promise<Floor> {
  const { clock = new ManualClock(), compactAboveBytes = Infinity, still = false } = more;
  const onFault = (error: unknown): never => assert.fail(String(error));
  const memory = await openMemory({ dataDir, newIdPrefix: 'T', onFault, compactAboveBytes });
  const faults = new FaultSwitches(more.faults);
  const sent: ApplicationMessage[] = [];
  const liquidity = { levels: 4, minShares: 20, maxShares: 60 };
  const send = (message: ApplicationMessage): void => void sent.push(message);
  const trading = new Trading({
    memory,
    faults,
    clock,
    instruments,
    seed: 1,
    tickMs: TICK_MS,
    still,
    liquidity,
    send,
  });
  return { trading, memory, clock, sent, faults };
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'exchange-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const order = (clOrdId: string, more: Partial<NewOrderSingle> = {}): NewOrderSingle => ({
  msgType: 'D',
  clOrdId,
  symbol: 'ACME',
  side: '2',
  orderQty: '100',
  ordType: '1',
  transactTime: 0,
  ...more,
});
const reports = (messages: readonly ApplicationMessage[]): ExecutionReport[] =>
  messages.flatMap((message) => (message.msgType === '8' ? [message] : []));

/** A morning of many orders; the floor may be closed and opened again in between. */
async function morning(
  dataDir: string,
  reopenEvery: number,
  compactAboveBytes = Infinity,
): Promise<ApplicationMessage[]> {
  let floor = await openFloor(dataDir);
  const sent: ApplicationMessage[] = [];
  for (let step = 0; step < 120; step += 1) {
    const { symbol } = instruments[step % 3]!;
    const side = step % 2 === 0 ? '2' : '1';
    const limit = step % 5 === 0 ? ({ ordType: '2', price: '121.00' } as const) : {};
    const timeInForce = step % 7 === 0 ? '3' : '0';
    floor.trading.place(
      order(`o${step}`, { symbol, side, orderQty: String(step + 1), timeInForce, ...limit }),
    );
    if (step % 4 === 0) {
      floor.trading.cancel({
        msgType: 'F',
        origClOrdId: `o${step - 5}`,
        clOrdId: `c${step}`,
        symbol,
        side,
        transactTime: 0,
      });
    }
    if (step % 3 === 2) {
      await floor.clock.advance(TICK_MS);
      floor.trading.tick();
    }
    if (step % reopenEvery === reopenEvery - 1) {
      // Only on a tick's border: what others took within a tick is not ours to remember.
      await floor.memory.close();
      sent.push(...floor.sent);
      floor = await openFloor(dataDir, { clock: floor.clock, compactAboveBytes });
    }
  }
  await floor.memory.close();
  return [...sent, ...floor.sent];
}

test('the same commands at the same times give the same reports, also across restarts and compactions', async (t) => {
  const once = await morning(await temporaryFolder(t), Infinity);
  assert.ok(reports(once).filter(({ execType }) => execType === 'F').length > 100);
  assert.deepEqual(await morning(await temporaryFolder(t), Infinity), once);
  assert.deepEqual(await morning(await temporaryFolder(t), 3), once);
  assert.deepEqual(await morning(await temporaryFolder(t), 3, 0), once);
});

test('a hundred shares at the market fill in a few parts within a few ticks', async (t) => {
  const { trading, memory, clock, sent } = await openFloor(await temporaryFolder(t));
  for (let n = 0; n < 50; n += 1) {
    sent.length = 0;
    trading.place(order(`o${n}`));
    for (let tick = 0; tick < 3; tick += 1) {
      await clock.advance(TICK_MS);
      trading.tick();
    }
    const fills = reports(sent).filter(({ execType }) => execType === 'F');
    assert.equal(fills.at(-1)?.ordStatus, '2');
    assert.ok(fills.length >= 2 && fills.length <= 5, `${fills.length} fills`);
    assert.equal(
      fills.reduce((sum, { lastQty }) => sum + Number(lastQty), 0),
      100,
    );
  }
  await memory.close();
});

test('two hundred orders of ten shares in one instrument are done within two seconds', async (t) => {
  const { trading, memory, clock, sent } = await openFloor(await temporaryFolder(t));
  for (let n = 0; n < 200; n += 1) trading.place(order(`o${n}`, { orderQty: '10' }));
  for (let tick = 0; tick < 2_000 / TICK_MS; tick += 1) {
    await clock.advance(TICK_MS);
    trading.tick();
  }
  assert.equal(new Set(reports(sent).flatMap((r) => (r.ordStatus === '2' ? [r.clOrdId] : []))).size, 200);
  await memory.close();
});

test('a status request tells a known order, and an unknown one by its reason', async (t) => {
  const { trading, memory, sent } = await openFloor(await temporaryFolder(t));
  trading.place(order('a', { ordType: '2', price: '500.00', account: 'ACC' }));
  trading.place(order('a', { ordType: '2', price: '500.00', account: 'ACC' }));
  trading.status({ msgType: 'H', clOrdId: 'a', symbol: 'ACME', side: '2', ordStatusReqId: 'q' });
  trading.status({ msgType: 'H', clOrdId: 'b', symbol: 'ACME', side: '2' });
  const [accepted, again, known, unknown] = reports(sent);
  assert.deepEqual([accepted?.execType, accepted?.ordStatus, accepted?.leavesQty], ['0', '0', '100']);
  for (const status of [again, known]) {
    assert.deepEqual(
      [status?.execType, status?.ordStatus, status?.orderId, status?.account],
      ['I', '0', accepted?.orderId, 'ACC'],
    );
  }
  assert.equal(known?.ordStatusReqId, 'q');
  assert.deepEqual([unknown?.execType, unknown?.ordStatus, unknown?.ordRejReason], ['I', '8', '5']);
  assert.equal(new Set(reports(sent).map(({ execId }) => execId)).size, 4);
  await memory.close();
});

test('a cancel is reported under its own id and the order it is for, or refused', async (t) => {
  const { trading, memory, sent } = await openFloor(await temporaryFolder(t));
  trading.place(order('a', { ordType: '2', price: '500.00' }));
  const request = { msgType: 'F', origClOrdId: 'a', symbol: 'ACME', side: '2', transactTime: 0 } as const;
  trading.cancel({ ...request, clOrdId: 'c1' });
  trading.cancel({ ...request, clOrdId: 'c2' });
  trading.cancel({ ...request, clOrdId: 'c3', origClOrdId: 'nobody' });
  const [, canceled] = reports(sent);
  assert.deepEqual(
    [canceled?.execType, canceled?.ordStatus, canceled?.clOrdId, canceled?.origClOrdId, canceled?.leavesQty],
    ['4', '4', 'c1', 'a', '0'],
  );
  assert.deepEqual(
    sent.slice(2).map((m) => (m.msgType === '9' ? [m.cxlRejReason, m.ordStatus] : [])),
    [
      ['0', '4'],
      ['1', '8'],
    ],
  );
  await memory.close();
});

test('faults drop answers and double reports, but never hide a trade', async (t) => {
  const { trading, memory, sent, faults } = await openFloor(await temporaryFolder(t), {
    faults: { dropNext: 1 },
  });
  trading.place(order('a', { orderQty: '5' }));
  assert.deepEqual(
    reports(sent).map(({ execType }) => execType),
    ['F'],
  );
  faults.set({ duplicateNext: 1 });
  trading.place(order('b', { orderQty: '5' }));
  assert.deepEqual(
    reports(sent)
      .slice(1)
      .map(({ execType }) => execType),
    ['0', '0', 'F'],
  );
  faults.set({ halted: ['ACME'] });
  trading.place(order('c'));
  assert.equal(reports(sent).at(-1)?.ordRejReason, '2');
  await memory.close();
});

test('quotes come at once, then not before the interval has passed, and not for an unknown symbol', async (t) => {
  const { trading, memory, clock } = await openFloor(await temporaryFolder(t));
  const sent: ApplicationMessage[] = [];
  const market = (symbol: string) => trading.market(symbol);
  const quotes = new MarketData({
    clock,
    intervalMs: 250,
    market,
    send: (message) => void sent.push(message),
  });
  const request = {
    msgType: 'V',
    mdReqId: 'q',
    marketDepth: 1,
    mdEntryTypes: [{ mdEntryType: '0' }],
  } as const;
  const relatedSymbols = [{ symbol: 'ACME' }, { symbol: 'NOBODY' }];
  quotes.request({ ...request, subscriptionRequestType: '1', relatedSymbols });
  assert.deepEqual(
    sent.map(({ msgType }) => msgType),
    ['W', 'j'],
  );
  for (let tick = 0; tick < 10; tick += 1) {
    await clock.advance(TICK_MS);
    quotes.tick();
  }
  assert.equal(sent.length, 2 + 3);
  const [first] = sent;
  assert.ok(first?.msgType === 'W');
  const [bid, ask, last] = first.mdEntries.map(({ mdEntryPx }) => Number(mdEntryPx));
  assert.ok(bid! < last! && last! < ask!);
  quotes.request({ ...request, subscriptionRequestType: '2', relatedSymbols });
  await clock.advance(1_000);
  quotes.tick();
  assert.equal(sent.length, 5);
  await memory.close();
});

test('a market that stands still renews what was taken at the same prices, and its quotes are repeated', async (t) => {
  const { trading, memory, clock, sent } = await openFloor(await temporaryFolder(t), { still: true });
  const quoted: ApplicationMessage[] = [];
  const quotes = new MarketData({
    clock,
    intervalMs: 250,
    market: (symbol) => trading.market(symbol),
    send: (message) => void quoted.push(message),
  });
  const relatedSymbols = [{ symbol: 'GLOBEX' }];
  const asked = { mdReqId: 'q', marketDepth: 1, mdEntryTypes: [{ mdEntryType: '0' }] } as const;
  quotes.request({ msgType: 'V', ...asked, subscriptionRequestType: '1', relatedSymbols });
  // An hour: in a market that moves, no price outlives it.
  for (const [clOrdId, laterMs] of [
    ['a', 0],
    ['b', TICK_MS],
    ['c', 3_600_000],
  ] as const) {
    await clock.advance(laterMs);
    trading.place(order(clOrdId, { orderQty: '100' }));
  }
  const fills = reports(sent).filter(({ execType }) => execType === 'F');
  const parts = Map.groupBy(fills, ({ clOrdId }) => clOrdId);
  const told = [...parts.values()].map((own) => own.map(({ lastQty, lastPx }) => `${lastQty} at ${lastPx}`));
  assert.equal(told.length, 3);
  assert.deepEqual(told[1], told[0]);
  assert.deepEqual(told[2], told[0]);

  quotes.tick();
  const before = quoted.length;
  await clock.advance(1_999);
  quotes.tick();
  assert.equal(quoted.length, before);
  await clock.advance(1);
  quotes.tick();
  assert.equal(quoted.length, before + 1);
  await memory.close();
});
