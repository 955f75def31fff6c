// The audit must be able to fail: each row damages a sound bank in one way and names the invariant that finds it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantity } from '@simplebank/money';
import type {
  AuditedCharge,
  AuditedExecution,
  AuditedOrder,
  BankReading,
  LedgerSnapshot,
} from './audit-reading.ts';
import { judgeBank } from './bank-audit.ts';

const order: AuditedOrder = {
  id: 'o1',
  accountId: 'acc-1',
  symbol: 'ACME',
  side: 'SELL',
  status: 'PARTIALLY_FILLED',
  quantity: '10',
  cumulative: '4',
  leaves: '6',
  canceled: '0',
  initiallyReserved: { kind: 'shares', quantity: '10' },
  completed: false,
};
const bought: AuditedOrder = {
  ...order,
  id: 'o2',
  side: 'BUY',
  status: 'FILLED',
  quantity: '3',
  cumulative: '3',
  leaves: '0',
  initiallyReserved: null,
  completed: true,
};
const usd = (amount: string) => ({ amount, currency: 'USD' });
const buying: AuditedOrder = {
  ...bought,
  id: 'o3',
  status: 'WORKING',
  cumulative: '0',
  leaves: '3',
  initiallyReserved: { kind: 'cash', principal: usd('31.50'), fee: usd('0.50') },
  completed: false,
};
const sold: AuditedExecution = {
  position: 1,
  executionId: 'e1',
  orderId: 'o1',
  accountId: 'acc-1',
  symbol: 'ACME',
  side: 'SELL',
  quantity: '4',
  price: '10.005',
};
const purchase: AuditedExecution = {
  ...sold,
  position: 2,
  executionId: 'e2',
  orderId: 'o2',
  side: 'BUY',
  quantity: '3',
};

const soldCharge: AuditedCharge = {
  position: 1,
  executionId: 'e1',
  orderId: 'o1',
  accountId: 'acc-1',
  total: usd('0.12'),
};
const boughtCharge: AuditedCharge = {
  ...soldCharge,
  position: 2,
  executionId: 'e2',
  orderId: 'o2',
  total: usd('0.10'),
};

const trade = { accountId: 'acc-1', symbol: 'ACME', currency: 'USD' };
const ledger: LedgerSnapshot = {
  trades: [
    { ...trade, executionId: 'e1', orderId: 'o1', side: 'SELL', quantity: quantity('4'), principal: 4002n },
    { ...trade, executionId: 'e2', orderId: 'o2', side: 'BUY', quantity: quantity('3'), principal: 3002n },
  ],
  fees: [
    { executionId: 'e1', orderId: 'o1', amount: 12n },
    { executionId: 'e2', orderId: 'o2', amount: 10n },
  ],
  openReservations: [
    { orderId: 'o1', amount: quantity('10'), rest: quantity('6') },
    { orderId: 'o3', amount: 3200n, rest: 3200n },
  ],
  clearing: new Map([
    ['ACME', quantity('1')],
    ['USD', -1000n],
  ]),
};
const orders = ordersOf(order, bought, buying);
const sound: BankReading = {
  ordersBefore: orders,
  ledger,
  executions: [sold, purchase],
  charges: [soldCharge, boughtCharge],
  ordersAfter: orders,
};

const posted = 'every execution is posted once, with its quantity';
const invented = 'nothing is posted without an execution, and no fee without a trade';
const cash = "each trade's cash is its price times its quantity, rounded to the minor unit";
const fees = 'every execution of a completed order has its fee';
const charges = 'each posted fee is the charge of its execution, and each charge is posted once';
const clearing = 'clearing holds, for each symbol, the net of the posted executions';
const adding = 'for each order: cumulative + leaves + canceled = quantity';
const fills = "each completed order's cumulative is the sum of its executions";
const reserved = 'what is reserved is what open orders leave, or have executed and not yet posted';

function ordersOf(...list: readonly AuditedOrder[]): ReadonlyMap<string, AuditedOrder> {
  return new Map(list.map((one) => [one.id, one]));
}

function withOrders(...list: readonly AuditedOrder[]): BankReading {
  return { ...sound, ordersBefore: ordersOf(...list), ordersAfter: ordersOf(...list) };
}

function withLedger(change: Partial<LedgerSnapshot>): BankReading {
  return { ...sound, ledger: { ...ledger, ...change } };
}

const [firstTrade, secondTrade] = ledger.trades;
const [firstReservation, secondReservation] = ledger.openReservations;
assert.ok(firstTrade !== undefined && secondTrade !== undefined);
assert.ok(firstReservation !== undefined && secondReservation !== undefined);

const rows: readonly { title: string; reading: BankReading; found: readonly string[] }[] = [
  { title: 'nothing in a sound bank', reading: sound, found: [] },
  {
    title: 'an execution of a completed order that is not posted',
    reading: withLedger({
      trades: [firstTrade],
      fees: ledger.fees.slice(0, 1),
      clearing: new Map([['ACME', quantity('4')]]),
    }),
    found: [posted, fees, charges],
  },
  {
    title: 'a trade with another quantity than its execution',
    reading: withLedger({ trades: [firstTrade, { ...secondTrade, quantity: quantity('2') }] }),
    found: [posted],
  },
  {
    title: 'a trade without an execution',
    reading: { ...sound, executions: [sold] },
    found: [invented, clearing, fills],
  },
  {
    title: 'a fee without a trade',
    reading: withLedger({ fees: [...ledger.fees, { executionId: 'e9', orderId: 'o2', amount: 1n }] }),
    found: [invented, charges],
  },
  {
    title: 'a trade a cent too dear',
    reading: withLedger({ trades: [firstTrade, { ...secondTrade, principal: 3003n }] }),
    found: [cash],
  },
  {
    title: 'a completed order without its fee',
    reading: withLedger({ fees: ledger.fees.slice(0, 1) }),
    found: [fees, charges],
  },
  {
    title: 'a fee of another amount than its charge',
    reading: { ...sound, charges: [soldCharge, { ...boughtCharge, total: usd('0.11') }] },
    found: [charges],
  },
  {
    title: 'a fee that nobody charged',
    reading: { ...sound, charges: [soldCharge] },
    found: [charges],
  },
  {
    title: 'shares lost in clearing',
    reading: withLedger({ clearing: new Map([['ACME', quantity('0.999999999')]]) }),
    found: [clearing],
  },
  {
    title: 'an order whose quantities do not add up',
    reading: withOrders(order, { ...bought, canceled: '1' }, buying),
    found: [adding],
  },
  {
    title: 'a completed order that counts more than its executions',
    reading: withOrders(order, { ...bought, quantity: '4', cumulative: '4' }, buying),
    found: [fills],
  },
  {
    title: 'a reservation that nobody knows',
    reading: withLedger({
      openReservations: [...ledger.openReservations, { orderId: 'o9', amount: 1n, rest: 1n }],
    }),
    found: [reserved],
  },
  {
    title: 'a reservation of a completed order',
    reading: withLedger({
      openReservations: [...ledger.openReservations, { orderId: 'o2', amount: 5n, rest: 1n }],
    }),
    found: [reserved],
  },
  {
    title: 'a working order without its reservation',
    reading: withLedger({ openReservations: [firstReservation] }),
    found: [reserved],
  },
  {
    title: 'another amount reserved than the order knows',
    reading: withLedger({
      openReservations: [firstReservation, { ...secondReservation, amount: 3300n, rest: 3300n }],
    }),
    found: [reserved],
  },
  {
    title: 'a rest that its trades do not explain',
    reading: withLedger({
      openReservations: [{ ...firstReservation, rest: quantity('5') }, secondReservation],
    }),
    found: [reserved],
  },
];

for (const { title, reading, found } of rows) {
  test(`the audit finds ${title}`, () => {
    const broken = judgeBank(reading).filter(({ holds }) => !holds);
    assert.deepEqual(
      broken.map(({ invariant }) => invariant),
      found,
    );
  });
}

test('work under way is counted as in flight, not as a violation', () => {
  const executed = { ...order, cumulative: '7', leaves: '3' };
  const reading: BankReading = {
    ...sound,
    ordersBefore: ordersOf(order, bought),
    // One more fill came and is not posted yet; one order was placed while the audit was reading.
    executions: [sold, purchase, { ...sold, position: 3, executionId: 'e3', quantity: '3' }],
    ordersAfter: ordersOf(executed, bought, buying),
  };
  const findings = judgeBank(reading);
  assert.deepEqual(
    findings.filter(({ holds }) => !holds),
    [],
  );
  const inFlight = new Map(findings.map((finding) => [finding.invariant, finding.inFlight]));
  assert.equal(inFlight.get(posted), 1);
  assert.equal(inFlight.get(fees), 1);
  assert.equal(inFlight.get(reserved), 2);
});

test('a fill that is executed and not yet posted explains what is still reserved for it', () => {
  const executed = { ...order, cumulative: '7', leaves: '3' };
  const reading = withOrders(executed, bought, buying);
  const finding = judgeBank(reading).find(({ invariant }) => invariant === reserved);
  assert.deepEqual([finding?.holds, finding?.inFlight], [true, 1]);
});
