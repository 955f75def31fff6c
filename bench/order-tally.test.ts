import { test } from 'node:test';
import assert from 'node:assert/strict';
import { orderTally } from './order-tally.ts';

const wall = Date.parse('2026-11-22T12:00:00.000Z');
const update = (type: string, outcome: string | null, code?: string, at = wall) => ({
  event: { sequence: 1, type, occurredAt: new Date(at).toISOString() },
  order: { status: 'WORKING', outcome, rejection: code === undefined ? null : { code } },
});

test('latency counts from when the order was due, and the generator’s own delay is told apart', () => {
  const tally = orderTally(1, 10_000);
  const order = tally.sent({ dueAt: 1_000, sentAt: 1_040 });
  order.answered(1_100);
  order.subscribed(wall);
  order.updated(update('ORDER_COMPLETED', 'FILLED'), 1_250, wall + 8);
  order.ended();
  const { acceptMs, acceptFromSentMs, lateMs, completeMs, eventToSubscriberMs, completed, failures } =
    tally.result();
  assert.deepEqual([acceptMs, acceptFromSentMs, lateMs], [[100], [60], [40]]);
  assert.deepEqual([completeMs, eventToSubscriberMs, completed, failures], [[150], [8], 1, {}]);
});

test('an event from before the subscription is counted, but not as one that the subscriber was told', () => {
  const tally = orderTally(1, 10_000);
  const order = tally.sent({ dueAt: 0, sentAt: 0 });
  order.answered(10);
  order.subscribed(wall);
  order.updated(update('ORDER_CREATED', null, undefined, wall - 5), 20, wall + 4);
  assert.deepEqual(tally.result().eventToSubscriberMs, []);
  assert.equal(tally.result().events, 1);
});

test('a refused, a rejected and an unfinished order each fail under their code', () => {
  const tally = orderTally(3, 10_000);
  tally.sent({ dueAt: 0, sentAt: 0 }).ended('SERVICE_UNAVAILABLE');
  const rejected = tally.sent({ dueAt: 0, sentAt: 0 });
  rejected.answered(5);
  rejected.updated(update('ORDER_COMPLETED', 'REJECTED', 'INSUFFICIENT_CASH'), 9, wall);
  rejected.ended();
  const broken = tally.sent({ dueAt: 0, sentAt: 0 });
  broken.answered(5);
  broken.ended();
  const { completed, accepted, failures } = tally.result();
  assert.deepEqual([completed, accepted], [0, 2]);
  assert.deepEqual(failures, { SERVICE_UNAVAILABLE: 1, INSUFFICIENT_CASH: 1, COMPLETION_MISSED: 1 });
});

test('an order ends once, and one that ends late is completed but not in time', () => {
  const tally = orderTally(1, 100);
  const order = tally.sent({ dueAt: 0, sentAt: 0 });
  assert.equal(tally.inFlight(), 1);
  order.answered(5);
  order.updated(update('ORDER_COMPLETED', 'FILLED'), 101, wall);
  order.ended();
  order.ended('NOT_COMPLETED');
  assert.equal(tally.inFlight(), 0);
  const { completed, completedInTime, failures } = tally.result();
  assert.deepEqual([completed, completedInTime, failures], [1, 0, {}]);
});
