// The order's state machine: what each command does in each status, and the stories where messages cross.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { price, quantity, usd } from '@simplebank/money';
import type { OrderCommand } from './order-commands.ts';
import { evolve, replay } from './order-history.ts';
import { violations } from './order-invariants.ts';
import { averagePriceOf, feesOf } from './order-state.ts';
import type { Order } from './order-state.ts';
import { decide } from './order.ts';
import {
  eventsOf,
  execution,
  orderAfter,
  quote,
  reaction,
  rejection,
  statusAfter,
  terms,
  waysTo,
} from './order.fixture.ts';

type Row = readonly [
  name: string,
  command: OrderCommand | ((order: Order) => OrderCommand),
  ...outcomes: string[],
];

const hold = { kind: 'shares', symbol: 'ACME', quantity: quantity('10') } as const;
const lastFill = (order: Order): OrderCommand => ({
  kind: 'executed',
  ...execution('E8', '1'),
  quantity: order.leaves,
});
const canceled = ({ cumulative }: Order): OrderCommand => ({ kind: 'marketCanceled', cumulative });
const expired = ({ cumulative }: Order): OrderCommand => ({ kind: 'marketExpired', cumulative });

/** Shorter names of outcomes, so that a row of the matrix is a line. `-` is: nothing to record. */
const codes: Readonly<Record<string, string>> = {
  PART: 'PARTIALLY_FILLED',
  PEND: 'PENDING_CANCEL',
  DOUBT: 'IN_DOUBT',
  late: 'ORDER_NOT_CANCELABLE',
  reply: 'IMPOSSIBLE_REPLY',
  report: 'IMPOSSIBLE_REPORT',
  early: 'NOT_FINISHED',
};

// prettier-ignore
const matrix: readonly Row[] = [
  // command                                                           RECEIVED    RESERVED    ROUTED      IN_DOUBT    WORKING     PARTIALLY   PENDING     FILLED   CANCELED    EXPIRED    REJECTED
  ['place again', { kind: 'place', terms },                            '-',        '-',        '-',        '-',        '-',        '-',        '-',        '-',      '-',        '-',       '-'],
  ['requestCancel', { kind: 'requestCancel' },                         'RECEIVED', 'RESERVED', 'PEND',     'PEND',     'PEND',     'PEND',     '-',        'late',   'late',     'late',    'late'],
  ['validated', { kind: 'validated' },                                 '-',        '-',        '-',        '-',        '-',        '-',        '-',        '-',      '-',        '-',       '-'],
  ['validationRefused', { kind: 'validationRefused', rejection },      'REJECTED', 'reply',    'reply',    'reply',    'reply',    'reply',    'reply',    'reply',  'reply',    'reply',   '-'],
  ['feeQuoted again', { kind: 'feeQuoted', quote },                    '-',        '-',        '-',        '-',        '-',        '-',        '-',        '-',      '-',        '-',       '-'],
  ['reserved', { kind: 'reserved', hold },                             'RESERVED', '-',        '-',        '-',        '-',        '-',        '-',        '-',      '-',        '-',       '-'],
  ['reservationRefused', { kind: 'reservationRefused', rejection },    'REJECTED', 'reply',    'reply',    'reply',    'reply',    'reply',    'reply',    'reply',  'reply',    'reply',   '-'],
  ['routed', { kind: 'routed' },                                       'reply',    'ROUTED',   '-',        '-',        '-',        '-',        '-',        '-',      '-',        '-',       '-'],
  ['cancelSent', { kind: 'cancelSent', request: 1 },                   '-',        '-',        '-',        '-',        '-',        '-',        'PEND',     '-',      '-',        '-',       '-'],
  ['marketPlaced', { kind: 'marketPlaced', exchangeOrderId: 'X1' },    'report',   'WORKING',  'WORKING',  'WORKING',  '-',        '-',        '-',        '-',      '-',        '-',       '-'],
  ['marketInDoubt', { kind: 'marketInDoubt', reason: 'silence' },      'report',   'DOUBT',    'DOUBT',    '-',        '-',        '-',        '-',        '-',      '-',        '-',       '-'],
  ['marketRejected', { kind: 'marketRejected', rejection },            'report',   'REJECTED', 'REJECTED', 'REJECTED', 'REJECTED', 'report',   'REJECTED', 'report', 'report',   'report',  '-'],
  ['a fill', { kind: 'executed', ...execution('E9', '1') },            'report',   'PART',     'PART',     'PART',     'PART',     'PART',     'PEND',     'report', 'report',   'report',  'report'],
  ['the last fill', lastFill,                                          'report',   'FILLED',   'FILLED',   'FILLED',   'FILLED',   'FILLED',   'FILLED',   'report', 'report',   'report',  'report'],
  ['marketCanceled', canceled,                                         'report',   'CANCELED', 'CANCELED', 'CANCELED', 'CANCELED', 'CANCELED', 'CANCELED', 'report', '-',        'report',  'report'],
  ['marketExpired', expired,                                           'report',   'EXPIRED',  'EXPIRED',  'EXPIRED',  'EXPIRED',  'EXPIRED',  'EXPIRED',  'report', 'report',   '-',       'report'],
  ['cancelRefused', { kind: 'cancelRefused', rejection },              'report',   'ROUTED',   '-',        '-',        '-',        '-',        'WORKING',  '-',      '-',        '-',       '-'],
  ['released', { kind: 'released' },                                   'early',    'early',    'early',    'early',    'early',    'early',    'early',    'early',  'CANCELED', 'EXPIRED', 'REJECTED'],
  ['complete', { kind: 'complete' },                                   'early',    'early',    'early',    'early',    'early',    'early',    'early',    'early',  'early',    'early',   'early'],
];

describe('the state matrix', () => {
  for (const [name, given, ...outcomes] of matrix) {
    it(`${name} leads from each status where the table says`, () => {
      const actual = Object.values(waysTo).map((way) => {
        const order = orderAfter(way);
        return statusAfter(order, typeof given === 'function' ? given(order) : given);
      });
      assert.deepEqual(
        actual,
        outcomes.map((outcome) => codes[outcome] ?? outcome),
      );
    });
  }

  for (const [status, way] of Object.entries(waysTo)) {
    it(`the way to ${status} ends there and breaks no rule`, () => {
      const order = orderAfter(way);
      assert.equal(order.status, status);
      assert.deepEqual(violations(order), []);
    });
  }
});

describe('executions', () => {
  it('the last fill records the execution first and then that the order is filled', () => {
    const order = orderAfter(waysTo.PARTIALLY_FILLED);
    assert.deepEqual(reaction(order, lastFill(order)), ['OrderExecuted', 'OrderFilled']);
  });

  it('a fill reported twice is recorded once', () => {
    const order = orderAfter(waysTo.PARTIALLY_FILLED);
    assert.deepEqual(decide(order, { kind: 'executed', ...execution('E1', '4') }), []);
  });

  it('refuses one execution id with two contents, also after the end', () => {
    for (const way of [waysTo.PARTIALLY_FILLED, waysTo.FILLED]) {
      const reused: OrderCommand = { kind: 'executed', ...execution('E1', '5') };
      assert.equal(reaction(orderAfter(way), reused), 'EXECUTION_ID_REUSED');
    }
  });

  it('refuses a fill larger than what is open, and one of nothing', () => {
    const order = orderAfter(waysTo.PARTIALLY_FILLED);
    assert.equal(reaction(order, { kind: 'executed', ...execution('E2', '6.000000001') }), 'OVERFILL');
    assert.equal(reaction(order, { kind: 'executed', ...execution('E2', '0') }), 'IMPOSSIBLE_REPORT');
  });

  it('a report that overtakes the answer to the route command proves the routing', () => {
    const order = orderAfter(waysTo.RESERVED);
    assert.deepEqual(reaction(order, { kind: 'marketPlaced', exchangeOrderId: 'X1' }), [
      'OrderRouted',
      'OrderPlaced',
    ]);
    assert.deepEqual(reaction(order, lastFill(order)), ['OrderRouted', 'OrderExecuted', 'OrderFilled']);
  });

  it('refuses another exchange order id for the same order', () => {
    const other: OrderCommand = { kind: 'marketPlaced', exchangeOrderId: 'X2' };
    assert.equal(reaction(orderAfter(waysTo.WORKING), other), 'IMPOSSIBLE_REPORT');
  });

  it('refuses an end that counts other fills, since one was missed', () => {
    const end: OrderCommand = { kind: 'marketCanceled', cumulative: quantity('5') };
    assert.equal(reaction(orderAfter(waysTo.PARTIALLY_FILLED), end), 'CUMULATIVE_MISMATCH');
  });

  it('is posted, then charged, each once', () => {
    const order = orderAfter(waysTo.PARTIALLY_FILLED);
    const posted: OrderCommand = { kind: 'tradePosted', executionId: 'E1', principal: usd('400.00') };
    const charged: OrderCommand = { kind: 'feeCharged', executionId: 'E1', total: usd('0.40') };
    assert.equal(reaction(order, charged), 'IMPOSSIBLE_REPLY');
    assert.equal(reaction(order, { ...posted, executionId: 'E7' }), 'IMPOSSIBLE_REPLY');
    const events = eventsOf([...waysTo.PARTIALLY_FILLED, posted, posted, charged, posted, charged]);
    assert.deepEqual(
      events.slice(-2).map(({ type }) => type),
      ['TradePosted', 'FeeCharged'],
    );
    const settled = replay(events);
    assert.ok(settled !== undefined);
    assert.deepEqual(feesOf(settled), usd('0.40'));
  });
});

describe('cancel', () => {
  const requested: readonly OrderCommand[] = [
    ...waysTo.PARTIALLY_FILLED,
    { kind: 'requestCancel' },
    { kind: 'cancelSent', request: 1 },
  ];

  it('a refused cancel puts back the status that the executions imply, and says why', () => {
    const order = orderAfter([...requested, { kind: 'cancelRefused', rejection }]);
    assert.equal(order.status, 'PARTIALLY_FILLED');
    assert.deepEqual(order.cancelRejection, rejection);
  });

  it('a refused cancel leaves a doubt as it was, and a fill ends it', () => {
    const way: readonly OrderCommand[] = [
      ...waysTo.IN_DOUBT,
      { kind: 'requestCancel' },
      { kind: 'cancelRefused', rejection },
    ];
    assert.equal(orderAfter(way).status, 'IN_DOUBT');
    const filled = orderAfter([...way, { kind: 'executed', ...execution('E1', '4') }]);
    assert.ok(filled.status === 'PARTIALLY_FILLED' && !filled.inDoubt);
  });

  it('a last fill that overtakes the cancel fills the order and answers the cancel', () => {
    const order = orderAfter(requested);
    assert.deepEqual(reaction(order, lastFill(order)), ['OrderExecuted', 'OrderFilled', 'CancelRejected']);
    const filled = orderAfter([...requested, lastFill(order)]);
    assert.equal(filled.status, 'FILLED');
    assert.equal(filled.cancelRejection?.code, 'CANCEL_TOO_LATE');
    assert.deepEqual(reaction(filled, { kind: 'cancelRefused', rejection }), []);
  });

  it('the answer may come before the order is known to be placed, and before the sending is recorded', () => {
    const asked: readonly OrderCommand[] = [...waysTo.ROUTED, { kind: 'requestCancel' }];
    const order = orderAfter([...asked, { kind: 'marketCanceled', cumulative: quantity('0') }]);
    assert.equal(order.status, 'CANCELED');
    assert.deepEqual(reaction(order, { kind: 'cancelSent', request: 1 }), []);
    assert.deepEqual(reaction(order, { kind: 'marketPlaced', exchangeOrderId: 'X1' }), []);
  });

  it('a late receipt of the first request is not taken for one of the second', () => {
    const order = orderAfter([...requested, { kind: 'cancelRefused', rejection }, { kind: 'requestCancel' }]);
    assert.deepEqual(reaction(order, { kind: 'cancelSent', request: 1 }), []);
    assert.deepEqual(reaction(order, { kind: 'cancelSent', request: 2 }), ['CancelSent']);
  });

  it('asked before anything is reserved, it ends the order without routing it', () => {
    const stopped: readonly OrderCommand[] = [...waysTo.RECEIVED, { kind: 'requestCancel' }];
    assert.equal(reaction(orderAfter(stopped), { kind: 'complete' }), 'NOT_FINISHED');
    const end = orderAfter([...stopped, { kind: 'released' }]);
    assert.deepEqual(reaction(end, { kind: 'complete' }), ['OrderCanceled', 'OrderCompleted']);
  });

  it('an order stopped so bears no report of the exchange', () => {
    const way: readonly OrderCommand[] = [
      ...waysTo.RECEIVED,
      { kind: 'requestCancel' },
      { kind: 'released' },
      { kind: 'complete' },
    ];
    const order = orderAfter(way);
    assert.equal(reaction(order, { kind: 'marketPlaced', exchangeOrderId: 'X1' }), 'IMPOSSIBLE_REPORT');
    assert.equal(reaction(order, { kind: 'routed' }), 'IMPOSSIBLE_REPLY');
  });

  it('asked early, and routed all the same, it goes to the exchange', () => {
    const order = orderAfter([
      ...waysTo.RECEIVED,
      { kind: 'requestCancel' },
      { kind: 'reserved', hold },
      { kind: 'routed' },
    ]);
    assert.equal(order.status, 'PENDING_CANCEL');
    assert.equal(order.cancel, 'ASKED');
  });

  it('asked while the order stands before the exchange, it is pending as soon as it is routed', () => {
    assert.equal(
      orderAfter([...waysTo.RESERVED, { kind: 'requestCancel' }, { kind: 'routed' }]).status,
      'PENDING_CANCEL',
    );
  });
});

describe('the end of the story', () => {
  it('tells a cancel after fills as PARTIALLY_FILLED, with average price and fees', () => {
    const way: readonly OrderCommand[] = [
      ...waysTo.PARTIALLY_FILLED,
      { kind: 'executed', ...execution('E2', '2', '100.10') },
      { kind: 'tradePosted', executionId: 'E1', principal: usd('400.00') },
      { kind: 'feeCharged', executionId: 'E1', total: usd('0.40') },
      { kind: 'tradePosted', executionId: 'E2', principal: usd('200.20') },
      { kind: 'feeCharged', executionId: 'E2', total: usd('0.21') },
      { kind: 'marketCanceled', cumulative: quantity('6') },
      { kind: 'released' },
      { kind: 'complete' },
    ];
    assert.deepEqual(eventsOf(way).at(-1), {
      type: 'OrderCompleted',
      data: {
        outcome: 'PARTIALLY_FILLED',
        cumulative: quantity('6'),
        averagePrice: price('100.033333'),
        fees: usd('0.61'),
        rejection: null,
      },
    });
    assert.equal(averagePriceOf(orderAfter(way)), price('100.033333'));
  });

  it('carries the rejection of a rejected order only', () => {
    const way: readonly OrderCommand[] = [
      ...waysTo.RECEIVED,
      { kind: 'reservationRefused', rejection },
      { kind: 'released' },
      { kind: 'complete' },
    ];
    const last = eventsOf(way).at(-1);
    assert.ok(last?.type === 'OrderCompleted');
    assert.deepEqual(last.data.rejection, rejection);
    assert.equal(orderAfter(way).canceled, terms.quantity);
  });

  it('comes once', () => {
    const way: readonly OrderCommand[] = [...waysTo.CANCELED, { kind: 'released' }, { kind: 'complete' }];
    assert.deepEqual(reaction(orderAfter(way), { kind: 'complete' }), []);
    assert.deepEqual(reaction(orderAfter(way), { kind: 'released' }), []);
  });
});

describe('misuse', () => {
  it('refuses commands to an order that is not there, and another order in its place', () => {
    const decision = decide(undefined, { kind: 'routed' });
    assert.ok('refused' in decision && decision.refused === 'UNKNOWN_ORDER');
    const other: OrderCommand = { kind: 'place', terms: { ...terms, quantity: quantity('11') } };
    assert.equal(reaction(orderAfter(waysTo.WORKING), other), 'ORDER_EXISTS');
  });

  it('throws on events that cannot follow: they are bugs of the recorder', () => {
    const filled = orderAfter(waysTo.FILLED);
    assert.throws(() => evolve(undefined, { type: 'OrderFilled', data: {} }), /Bug/);
    assert.throws(() => evolve(filled, { type: 'OrderCreated', data: terms }), /Bug/);
    assert.throws(() => evolve(filled, { type: 'OrderCanceled', data: { canceled: quantity('0') } }), /Bug/);
    const unknown = { executionId: 'E7', total: usd('1.00') };
    assert.throws(() => evolve(filled, { type: 'FeeCharged', data: unknown }), /Bug/);
  });

  it('names the rules that a broken order breaks', () => {
    const order = orderAfter(waysTo.PARTIALLY_FILLED);
    assert.deepEqual(violations({ ...order, leaves: quantity('5') }), [
      'cumulative + leaves + canceled = quantity',
    ]);
    assert.deepEqual(violations({ ...order, reservation: { kind: 'released' } }), [
      'an order at the exchange has its reservation',
      'nothing is released before all is posted and charged',
    ]);
  });
});
