// The judges of the random and the crash runs bite: books that are wrong in one place are found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exact } from './exact.ts';
import type { ExchangeExecution } from './exchange-control.ts';
import { unconserved, type LedgerTotals } from './ledger-totals.ts';
import { planOrders } from './random-plan.ts';
import { problemsOf, type BookedOrder } from './statement.ts';

const execution: ExchangeExecution = {
  execId: 'x1',
  clOrdId: 'order-1',
  symbol: 'ACME',
  side: 'sell',
  quantity: '10',
  price: '120.50',
};

const right: BookedOrder = {
  id: 'order-1',
  clientOrderId: 'mine-1',
  side: 'SELL',
  instrument: { symbol: 'ACME' },
  status: 'CANCELED',
  outcome: 'PARTIALLY_FILLED',
  rejection: null,
  quantity: '30',
  cumulative: '10',
  leaves: '0',
  canceled: '20',
  saga: { state: 'DONE' },
  executions: [{ id: 'x1', quantity: '10', price: '120.5' }],
  fees: [{ id: 'x1', total: { amount: '1.23' } }],
  ledgerEntries: [
    { kind: 'TRADE', asset: 'ACME', amount: '-10', execution: { id: 'x1' } },
    { kind: 'TRADE', asset: 'USD', amount: '1205.00', execution: { id: 'x1' } },
    { kind: 'FEE', asset: 'USD', amount: '-1.23', execution: { id: 'x1' } },
  ],
};

test('an order whose books agree with the exchange has no problem', () => {
  assert.deepEqual(problemsOf(right, [execution]), []);
});

const wrong: readonly (readonly [title: string, changes: Partial<BookedOrder>])[] = [
  ['is not terminal', { status: 'WORKING' }],
  ['is not completed', { outcome: null }],
  ['has a saga that is stuck', { saga: { state: 'STUCK' } }],
  ['does not add up', { canceled: '19' }],
  ['has an execution twice', { executions: [...right.executions, ...right.executions] }],
  ['has an execution at another price', { executions: [{ id: 'x1', quantity: '10', price: '120.49' }] }],
  ['has no fee', { fees: [] }],
  ['was charged another fee than was posted', { fees: [{ id: 'x1', total: { amount: '1.24' } }] }],
  ['was posted twice', { ledgerEntries: [...right.ledgerEntries, ...right.ledgerEntries.slice(1, 2)] }],
  ['was posted in part', { ledgerEntries: right.ledgerEntries.slice(1) }],
  [
    'has a posting of another execution',
    {
      ledgerEntries: [
        ...right.ledgerEntries,
        { kind: 'FEE', asset: 'USD', amount: '-1', execution: { id: 'x2' } },
      ],
    },
  ],
];

for (const [title, changes] of wrong) {
  test(`an order that ${title} is found`, () => {
    assert.notDeepEqual(problemsOf({ ...right, ...changes }, [execution]), []);
  });
}

test('an execution that only the exchange knows is found', () => {
  assert.notDeepEqual(problemsOf(right, [execution, { ...execution, execId: 'x2' }]), []);
});

const before: LedgerTotals = {
  customers: new Map([
    ['USD', 1_000_00n],
    ['ACME', exact('50', 9)],
  ]),
  fees: new Map([['USD', 0n]]),
  clearing: new Map(),
};
const after = (customersCents: bigint, feeCents: bigint): LedgerTotals => ({
  customers: new Map([
    ['USD', customersCents],
    ['ACME', exact('40', 9)],
  ]),
  fees: new Map([['USD', feeCents]]),
  clearing: new Map([
    ['USD', -1205_00n],
    ['ACME', exact('10', 9)],
  ]),
});

test('cash and shares that only changed hands are conserved', () => {
  assert.deepEqual(unconserved(before, after(2_203_77n, 1_23n), [execution]), []);
});

test('one cent too many is found, whether the house lost it or nobody did', () => {
  assert.notDeepEqual(unconserved(before, after(2_203_78n, 1_23n), [execution]), []);
  assert.notDeepEqual(unconserved(before, after(2_203_77n, 1_23n), []), []);
  assert.notDeepEqual(unconserved(before, after(2_203_77n, 1_23n), [{ ...execution, price: '120.49' }]), []);
});

test('the same seed plans the same orders, and another seed others', () => {
  assert.deepEqual(planOrders(7, 200), planOrders(7, 200));
  assert.notDeepEqual(planOrders(7, 200), planOrders(8, 200));
});
