// Two sessions tied together in memory under a clock that the test moves: the whole session protocol.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, settle } from './manual-clock.ts';
import { clOrdIds, execIds, link, openSide, order, report, typesOf } from './session-sides.ts';
import { memoryStore } from './store.ts';
import { transportPair } from './transport.ts';

test('both sides log on, exchange an order and its report, and log out', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  const { ends } = await link(bank, exchange);
  assert.deepEqual(await bank.session.send(order('A')), { ok: true, seq: 2, delivery: 'written' });
  await exchange.session.send(report('E1'));
  await settle();
  assert.deepEqual(exchange.received, [order('A')]);
  assert.deepEqual(bank.received, [report('E1')]);
  await bank.session.logout();
  assert.deepEqual(
    (await ends).map(({ code }) => code),
    ['LOGGED_OUT', 'LOGGED_OUT'],
  );
});

test('refuses an order without a connection, stores a report and delivers it at the next logon', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  const first = await link(bank, exchange);
  first.cut();
  await first.ends;
  assert.deepEqual(await bank.session.send(order('A')), { ok: false, code: 'NOT_LOGGED_ON' });
  assert.equal((await exchange.session.send(report('E1'))).ok, true);
  assert.equal((await exchange.session.send(report('E2'))).ok, true);
  await link(bank, exchange);
  await exchange.session.send(report('E3'));
  await settle();
  assert.deepEqual(execIds(bank), ['E1', 'E2', 'E3']);
});

test('a report lost on the wire is asked for and comes once, in order', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  let lose = 2;
  await link(bank, exchange, (text) => (typesOf(text) === '8' && lose-- > 0 ? undefined : text));
  for (const execId of ['E1', 'E2', 'E3', 'E4']) await exchange.session.send(report(execId));
  await settle();
  assert.deepEqual(execIds(bank), ['E1', 'E2', 'E3', 'E4']);
  assert.equal(bank.events.filter(({ kind }) => kind === 'resend-asked').length, 1);
});

test('an order that was lost with its connection is gap-filled, never sent again', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  const first = await link(bank, exchange, String, (text) => (typesOf(text) === 'D' ? undefined : text));
  await bank.session.send(order('STALE'));
  first.cut();
  await first.ends;
  await link(bank, exchange);
  await bank.session.send(order('FRESH'));
  await settle();
  assert.deepEqual(clOrdIds(exchange), ['FRESH']);
  assert.equal(exchange.session.numbers.nextIncoming, bank.session.numbers.nextOutgoing);
});

test('an order lost on a living connection is sent again', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  let lose = 1;
  await link(bank, exchange, String, (text) => (typesOf(text) === 'D' && lose-- > 0 ? undefined : text));
  await bank.session.send(order('A'));
  await bank.session.send(order('B'));
  await settle();
  assert.deepEqual(clOrdIds(exchange), ['A', 'B']);
});

test('an order sent right after a logon that is ahead survives the gap fill before it', async () => {
  const clock = new ManualClock();
  const store = memoryStore();
  const exchange = await openSide(clock, 'acceptor');
  const first = await link(await openSide(clock, 'initiator', { store }), exchange);
  first.cut();
  await first.ends;
  // As after a crash of a client that reserves its numbers in blocks.
  await store.saveOutgoing(100, undefined);
  const bank = await openSide(clock, 'initiator', { store });
  await link(bank, exchange);
  await bank.session.send(order('A'));
  await bank.session.send(order('B'));
  await settle();
  assert.deepEqual(clOrdIds(exchange), ['A', 'B']);
  assert.equal(exchange.session.numbers.nextIncoming, bank.session.numbers.nextOutgoing);
});

test('quotes are never replayed', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  let lose = 1;
  await link(bank, exchange, (text) => (typesOf(text) === 'W' && lose-- > 0 ? undefined : text));
  await exchange.session.send({
    msgType: 'W',
    symbol: 'ACME',
    mdEntries: [{ mdEntryType: '0', mdEntryPx: '1.5' }],
  });
  await exchange.session.send(report('E1'));
  await settle();
  assert.deepEqual(
    bank.received.map(({ msgType }) => msgType),
    ['8'],
  );
});

test('a garbled message is skipped, counted and sent again', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  let spoil = 1;
  await link(bank, exchange, (text) =>
    typesOf(text) === '8' && spoil-- > 0 ? text.replace('ACME', 'ACMF') : text,
  );
  await exchange.session.send(report('E1'));
  await exchange.session.send(report('E2'));
  await settle();
  assert.deepEqual(execIds(bank), ['E1', 'E2']);
  assert.deepEqual(
    bank.events.filter(({ kind }) => kind === 'garbled'),
    [{ kind: 'garbled', count: 1 }],
  );
});

test('a handler that throws ends the connection, and the message comes again at the next logon', async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const bank = await openSide(clock, 'initiator', {
    onMessage: async (message) => {
      if (message.msgType === '8') seen.push(message.execId);
      if (seen.length === 1) throw new Error('the database is away');
    },
  });
  const exchange = await openSide(clock, 'acceptor');
  const { ends } = await link(bank, exchange);
  await exchange.session.send(report('E1'));
  assert.equal((await ends)[0]?.code, 'HANDLER_FAILED');
  await link(bank, exchange);
  assert.deepEqual(seen, ['E1', 'E1']);
});

test('a handler that commits the number itself is not followed by saveIncoming', async () => {
  const clock = new ManualClock();
  const store = memoryStore();
  const saved: number[] = [];
  const bank = await openSide(clock, 'initiator', {
    store: { ...store, saveIncoming: (seq) => void saved.push(seq) },
    onMessage: async () => 'committed',
  });
  const exchange = await openSide(clock, 'acceptor');
  await link(bank, exchange);
  await exchange.session.send(report('E1'));
  await settle();
  assert.deepEqual(saved, [1]);
  assert.equal(bank.session.numbers.nextIncoming, 3);
});

test('a report is not written before its save has resolved', async () => {
  const clock = new ManualClock();
  const store = memoryStore();
  const release = Promise.withResolvers<void>();
  const bank = await openSide(clock, 'initiator');
  const exchange = await openSide(clock, 'acceptor', {
    store: {
      ...store,
      saveOutgoing(seq, message) {
        store.saveOutgoing(seq, message);
        if (message?.includes('\u000117=E1\u0001')) return release.promise;
      },
    },
  });
  await link(bank, exchange);
  const sending = [exchange.session.send(report('E1')), exchange.session.send(report('E2'))];
  await settle();
  assert.deepEqual(execIds(bank), []);
  release.resolve();
  await Promise.all(sending);
  await settle();
  assert.deepEqual(execIds(bank), ['E1', 'E2']);
});

test('a save that fails ends the connection and rejects the send', async () => {
  const clock = new ManualClock();
  const store = memoryStore();
  const bank = await openSide(clock, 'initiator');
  const exchange = await openSide(clock, 'acceptor', {
    store: {
      ...store,
      saveOutgoing: async (seq) => (seq > 1 ? Promise.reject(new Error('disk full')) : undefined),
    },
  });
  const { ends } = await link(bank, exchange);
  await assert.rejects(exchange.session.send(report('E1')), /could not be saved/);
  assert.equal((await ends)[1]?.code, 'STORE_FAILED');
});

test('heartbeats keep a quiet connection alive', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  await link(bank, exchange);
  await clock.advance(300_000);
  assert.equal(bank.session.state, 'active');
  assert.ok(bank.session.numbers.nextOutgoing >= 30);
});

test('a silent peer gets a test request and is then given up', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  let silent = false;
  const { ends } = await link(bank, exchange, (text) => (silent ? undefined : text));
  silent = true;
  await clock.advance(14_000);
  assert.equal(bank.session.state, 'active');
  await clock.advance(16_000);
  assert.equal((await ends)[0]?.code, 'PEER_SILENT');
});

test('a connection without a Logon ends', async () => {
  const clock = new ManualClock();
  const exchange = await openSide(clock, 'acceptor');
  const [, right] = transportPair();
  const running = exchange.session.run(right);
  await settle();
  await clock.advance(5_000);
  assert.equal((await running).code, 'LOGON_TIMEOUT');
});

test('a second connection is turned away', async () => {
  const clock = new ManualClock();
  const [bank, exchange] = [await openSide(clock, 'initiator'), await openSide(clock, 'acceptor')];
  await link(bank, exchange);
  assert.equal((await exchange.session.run(transportPair()[0])).code, 'ALREADY_CONNECTED');
  assert.equal(exchange.session.state, 'active');
});

test('a store that never sent anything starts both sides at 1 again', async () => {
  const clock = new ManualClock();
  const exchange = await openSide(clock, 'acceptor');
  const old = await openSide(clock, 'initiator');
  const first = await link(old, exchange);
  await old.session.send(order('A'));
  await settle();
  first.cut();
  await first.ends;
  const fresh = await openSide(clock, 'initiator');
  await link(fresh, exchange);
  await exchange.session.send(report('E1'));
  await settle();
  assert.deepEqual(execIds(fresh), ['E1']);
});

test('an acceptor that has lost its memory makes the client begin anew', async () => {
  const clock = new ManualClock();
  const bank = await openSide(clock, 'initiator');
  const first = await link(bank, await openSide(clock, 'acceptor'));
  first.cut();
  await first.ends;
  const exchange = await openSide(clock, 'acceptor');
  const second = await link(bank, exchange);
  assert.equal((await second.ends)[0]?.code, 'PEER_BEGAN_ANEW');
  await link(bank, exchange);
  await bank.session.send(order('A'));
  await exchange.session.send(report('E1'));
  await settle();
  assert.deepEqual([clOrdIds(exchange), execIds(bank)], [['A'], ['E1']]);
});
