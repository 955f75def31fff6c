// When a change of an order is told: once it is committed, and only then. Against a real Postgres.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@simplebank/chassis';
import { createOrderChanges, isRefused } from './order-changes.ts';
import { append, insert, openStore, story, termsOf } from './store.fixture.ts';

async function openChanges() {
  const bank = await openStore();
  const lines: Record<string, unknown>[] = [];
  let nudges = 0;
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const log = createLogger({ service: 'orders', destination });
  const changes = createOrderChanges({ store: bank.store, relay: { nudge: () => void (nudges += 1) }, log });
  const { id } = termsOf();
  await insert(bank.database, bank.store, termsOf({ id }));
  await append(bank.database, bank.store, id, story.slice(0, 3));
  const cancel = () =>
    bank.database.transaction(async (tx) => {
      const stored = await bank.store.lock(tx, id);
      assert(stored !== undefined);
      const told = { command: { kind: 'requestCancel' }, causationId: null } as const;
      const change = await changes.carryOut(tx, stored, told);
      assert(!isRefused(change));
      return change;
    });
  return { ...bank, id, changes, cancel, lines, nudges: () => nudges };
}

test('a change is told after its commit: one nudge, and a line for each event under its correlation id', async () => {
  await using bank = await openChanges();
  const change = await bank.cancel();
  assert.deepEqual([bank.lines, bank.nudges()], [[], 0], 'nothing is told by carrying it out');
  bank.changes.committed(change);
  assert.equal(bank.nudges(), 1);
  assert.deepEqual(
    bank.lines.map(({ msg, event, sequence, correlationId, orderId }) => [
      msg,
      event,
      sequence,
      correlationId,
      orderId,
    ]),
    [['order event', 'CancelRequested', 5, 'correlation-1', bank.id]],
  );
});

test('a command that is no news leaves the order as it was and tells nothing', async () => {
  await using bank = await openChanges();
  const first = await bank.cancel();
  const again = await bank.cancel();
  bank.changes.committed(again);
  assert.deepEqual([again.events, again.stored.order.sequence], [[], first.stored.order.sequence]);
  assert.deepEqual([bank.lines, bank.nudges()], [[], 0]);
});
