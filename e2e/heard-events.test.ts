// The judgement on what subscribers have heard can fail, in each of the ways that it is there for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsIn, type HeardEvent } from './heard-events.fixture.ts';

const types = ['ORDER_CREATED', 'STOCK_RESERVED', 'ORDER_PLACED', 'ORDER_COMPLETED'];
const log: readonly HeardEvent[] = types.map((type, index) => ({
  id: `event-${index + 1}`,
  sequence: index + 1,
  type,
}));
const [created, reserved, placed, completed] = log as [HeardEvent, HeardEvent, HeardEvent, HeardEvent];

test('who has heard each event of the log once and in order has the whole story', () => {
  assert.deepEqual(faultsIn(log, log), []);
});

const wrong: readonly (readonly [string, readonly HeardEvent[], readonly string[]])[] = [
  ['lost', [created, placed, completed], ['2 STOCK_RESERVED event-2 was lost']],
  ['doubled', [created, reserved, reserved, placed, completed], ['2 STOCK_RESERVED event-2 came 2 times']],
  [
    'swapped',
    [created, placed, reserved, completed],
    ['2 STOCK_RESERVED event-2 came after 3 ORDER_PLACED event-3'],
  ],
  [
    'of another order',
    [created, reserved, { ...placed, id: 'event-9' }, completed],
    ['3 ORDER_PLACED event-9 is not in the log', '3 ORDER_PLACED event-3 was lost'],
  ],
];

for (const [what, heard, faults] of wrong) {
  test(`an event that is ${what} is told`, () => assert.deepEqual(faultsIn(heard, log), faults));
}

test('a terminal event that never came is told, as one lost and as an end that is missing', () => {
  assert.deepEqual(faultsIn([created, reserved, placed], log), [
    '4 ORDER_COMPLETED event-4 was lost',
    'the terminal event was not the last one heard',
  ]);
});

test('who has heard nothing has lost everything', () => {
  assert.equal(faultsIn([], log).length, log.length + 1);
});

test('a log with a hole, or without its end, is no truth to be held against', () => {
  const holed = [created, placed, completed];
  assert.deepEqual(faultsIn(holed, holed), [
    'the log has a hole: 1 ORDER_CREATED event-1, 3 ORDER_PLACED event-3, 4 ORDER_COMPLETED event-4',
  ]);
  const open = [created, reserved];
  assert.deepEqual(faultsIn(open, open), [
    'the log does not end with its only terminal event',
    'the terminal event was not the last one heard',
  ]);
});
