// Two sessions over real TCP whose connections are dropped again and again: nothing is lost, nothing comes twice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAcceptor, startInitiator } from './connect.ts';
import { FixSession, memoryStore, systemClock, type ExecutionReport, type Transport } from './index.ts';

const WAIT_MS = 10_000;

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const report = (execId: string): ExecutionReport => ({
  msgType: '8',
  orderId: 'O1',
  execId,
  execType: 'F',
  ordStatus: '1',
  symbol: 'ACME',
  side: '2',
  leavesQty: '9',
  cumQty: '1',
  avgPx: '120.00',
});

const idle = (role: 'initiator' | 'acceptor'): Promise<FixSession> =>
  FixSession.open({
    role,
    senderCompId: 'A',
    targetCompId: 'B',
    store: memoryStore(),
    clock: systemClock,
    onMessage: async () => {},
  });

test('reports arrive once and in order over connections that are dropped in the middle', async () => {
  const received: string[] = [];
  const exchange = await FixSession.open({
    role: 'acceptor',
    senderCompId: 'EXCH',
    targetCompId: 'BANK',
    store: memoryStore(),
    clock: systemClock,
    onMessage: async () => {},
  });
  let current: Transport | undefined;
  const acceptor = await startAcceptor({
    host: '127.0.0.1',
    port: 0,
    session: exchange,
    wrap: (transport) => (current = transport),
  });
  const bank = await FixSession.open({
    role: 'initiator',
    senderCompId: 'BANK',
    targetCompId: 'EXCH',
    store: memoryStore(),
    clock: systemClock,
    onMessage: async (message) => {
      if (message.msgType === '8') received.push(message.execId);
    },
  });
  const initiator = startInitiator({ host: '127.0.0.1', port: acceptor.port, session: bank });
  const expected: string[] = [];
  for (let round = 0; round < 5; round += 1) {
    await until(() => bank.state === 'active');
    for (let i = 0; i < 200; i += 1) {
      expected.push(`E${round}-${i}`);
      void exchange.send(report(`E${round}-${i}`));
      if (i === 100) {
        await until(() => received.length > round * 200 + 20);
        current?.close();
      }
    }
    await until(() => received.length === expected.length);
  }
  assert.deepEqual(received, expected);
  await initiator.stop();
  assert.equal(bank.state, 'disconnected');
  await acceptor.stop();
});

test('an initiator waits for an acceptor that is not there yet, and can be stopped meanwhile', async () => {
  const probe = await startAcceptor({ host: '127.0.0.1', port: 0, session: await idle('acceptor') });
  await probe.stop();
  let failures = 0;
  const session = await idle('initiator');
  const options = { host: '127.0.0.1', port: probe.port, session, onConnectFailed: () => (failures += 1) };
  const initiator = startInitiator(options);
  await until(() => failures >= 2);
  await initiator.stop();
  assert.equal(session.state, 'disconnected');
});
