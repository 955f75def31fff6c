import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { price, quantity } from '@simplebank/money';
import {
  advance,
  fillsDiffer,
  MOST_SENDS,
  MOST_UNKNOWNS,
  newRoute,
  sameTerms,
  sent,
  type Route,
  type RouteMessage,
  type RouteTerms,
} from './route.ts';

const terms: RouteTerms = {
  orderId: 'o-1',
  accountId: 'acc-1',
  symbol: 'ACME',
  side: 'SELL',
  orderType: 'MARKET',
  timeInForce: 'DAY',
  quantity: quantity('100'),
  limitPrice: null,
};

const exchangeOrderId = 'X-1';

function execution(executionId: string, filled: string, cumulative: string, leaves: string): RouteMessage {
  return {
    kind: 'executed',
    exchangeOrderId,
    execution: {
      executionId,
      quantity: quantity(filled),
      price: price('120.00'),
      cumulative: quantity(cumulative),
      leaves: quantity(leaves),
      executedAt: 0,
    },
  };
}

const status = (word: 'WORKING' | 'FILLED' | 'CANCELED' | 'EXPIRED', cumulative: string): RouteMessage => ({
  kind: 'status',
  exchangeOrderId,
  status: word,
  cumulative: quantity(cumulative),
});

const messages = {
  cancelWanted: { kind: 'cancelWanted' },
  unanswered: { kind: 'unanswered' },
  acknowledged: { kind: 'acknowledged', exchangeOrderId },
  'part filled': execution('E-1', '40', '40', '60'),
  filled: execution('E-1', '100', '100', '0'),
  canceled: { kind: 'canceled', exchangeOrderId },
  expired: { kind: 'expired', exchangeOrderId },
  rejected: { kind: 'rejected', reason: 'halted' },
  'status working': status('WORKING', '0'),
  'status canceled': status('CANCELED', '0'),
  'status expired': status('EXPIRED', '0'),
  'status canceled, fill missing': status('CANCELED', '40'),
  unknown: { kind: 'unknown', sends: 1 },
  'unknown, of an earlier send': { kind: 'unknown', sends: 0 },
  'cancel refused': { kind: 'cancelRefused', stillWorking: true },
  'cancel refused, done': { kind: 'cancelRefused', stillWorking: false },
} satisfies Record<string, RouteMessage>;

const SENT = sent(newRoute(terms));
const ACKNOWLEDGED = after(SENT, messages.acknowledged);
const states: Record<string, Route> = {
  NEW: newRoute(terms),
  SENT,
  'SENT doubted': after(SENT, messages.unanswered),
  'SENT WANTED': after(SENT, messages.cancelWanted),
  ACKNOWLEDGED,
  'ACKNOWLEDGED WANTED': after(ACKNOWLEDGED, messages.cancelWanted),
  'ACKNOWLEDGED REFUSED': after(after(ACKNOWLEDGED, messages.cancelWanted), messages['cancel refused']),
  'DONE CANCELED': after(ACKNOWLEDGED, messages.canceled),
};

function after(route: Route, ...given: RouteMessage[]): Route {
  return given.reduce((so, message) => advance(so, message).route, route);
}

function nameOf({ state, doubted, cancel }: Route): string {
  if (state.kind === 'DONE') return `DONE ${state.outcome}`;
  const words = [
    state.kind,
    doubted && state.kind !== 'ACKNOWLEDGED' ? 'doubted' : '',
    cancel === 'NONE' ? '' : cancel,
  ];
  return words.filter(Boolean).join(' ');
}

const ack = 'RouteAcknowledged';
const fill = 'ExecutionReported';
const gone = 'RouteCanceled';

/** state: message → the state afterwards and the events; what is not listed changes nothing and says nothing. */
const table: Record<string, Partial<Record<keyof typeof messages, [string, ...string[]]>>> = {
  NEW: {
    cancelWanted: ['DONE CANCELED', gone],
    acknowledged: ['ACKNOWLEDGED', ack],
    'part filled': ['ACKNOWLEDGED', ack, fill],
    filled: ['DONE FILLED', ack, fill],
    canceled: ['DONE CANCELED', ack, gone],
    expired: ['DONE EXPIRED', ack, 'RouteExpired'],
    rejected: ['DONE REJECTED', 'RouteRejected'],
    'status working': ['ACKNOWLEDGED', ack],
    'status canceled': ['DONE CANCELED', ack, gone],
    'status expired': ['DONE EXPIRED', ack, 'RouteExpired'],
    'status canceled, fill missing': ['ACKNOWLEDGED', ack],
  },
  SENT: {
    cancelWanted: ['SENT WANTED'],
    unanswered: ['SENT doubted', 'RouteInDoubt'],
    acknowledged: ['ACKNOWLEDGED', ack],
    'part filled': ['ACKNOWLEDGED', ack, fill],
    filled: ['DONE FILLED', ack, fill],
    canceled: ['DONE CANCELED', ack, gone],
    expired: ['DONE EXPIRED', ack, 'RouteExpired'],
    rejected: ['DONE REJECTED', 'RouteRejected'],
    'status working': ['ACKNOWLEDGED', ack],
    'status canceled': ['DONE CANCELED', ack, gone],
    'status expired': ['DONE EXPIRED', ack, 'RouteExpired'],
    'status canceled, fill missing': ['ACKNOWLEDGED', ack],
    unknown: ['NEW'],
  },
  'SENT doubted': {
    cancelWanted: ['SENT doubted WANTED'],
    acknowledged: ['ACKNOWLEDGED', ack],
    'part filled': ['ACKNOWLEDGED', ack, fill],
    filled: ['DONE FILLED', ack, fill],
    canceled: ['DONE CANCELED', ack, gone],
    expired: ['DONE EXPIRED', ack, 'RouteExpired'],
    rejected: ['DONE REJECTED', 'RouteRejected'],
    'status working': ['ACKNOWLEDGED', ack],
    'status canceled': ['DONE CANCELED', ack, gone],
    'status expired': ['DONE EXPIRED', ack, 'RouteExpired'],
    'status canceled, fill missing': ['ACKNOWLEDGED', ack],
    unknown: ['NEW doubted'],
  },
  'SENT WANTED': {
    unanswered: ['SENT doubted WANTED', 'RouteInDoubt'],
    acknowledged: ['ACKNOWLEDGED WANTED', ack],
    'part filled': ['ACKNOWLEDGED WANTED', ack, fill],
    filled: ['DONE FILLED', ack, fill],
    canceled: ['DONE CANCELED', ack, gone],
    expired: ['DONE EXPIRED', ack, 'RouteExpired'],
    rejected: ['DONE REJECTED', 'RouteRejected'],
    'status working': ['ACKNOWLEDGED WANTED', ack],
    'status canceled': ['DONE CANCELED', ack, gone],
    'status expired': ['DONE EXPIRED', ack, 'RouteExpired'],
    'status canceled, fill missing': ['ACKNOWLEDGED WANTED', ack],
    unknown: ['DONE CANCELED', gone],
    'cancel refused': ['SENT REFUSED', 'RouteCancelRejected'],
  },
  ACKNOWLEDGED: {
    cancelWanted: ['ACKNOWLEDGED WANTED'],
    'part filled': ['ACKNOWLEDGED', fill],
    filled: ['DONE FILLED', fill],
    canceled: ['DONE CANCELED', gone],
    expired: ['DONE EXPIRED', 'RouteExpired'],
    rejected: ['DONE REJECTED', 'RouteRejected'],
    'status canceled': ['DONE CANCELED', gone],
    'status expired': ['DONE EXPIRED', 'RouteExpired'],
  },
  'ACKNOWLEDGED WANTED': {
    'part filled': ['ACKNOWLEDGED WANTED', fill],
    filled: ['DONE FILLED', fill],
    canceled: ['DONE CANCELED', gone],
    expired: ['DONE EXPIRED', 'RouteExpired'],
    rejected: ['DONE REJECTED', 'RouteRejected'],
    'status canceled': ['DONE CANCELED', gone],
    'status expired': ['DONE EXPIRED', 'RouteExpired'],
    'cancel refused': ['ACKNOWLEDGED REFUSED', 'RouteCancelRejected'],
  },
  'ACKNOWLEDGED REFUSED': {
    cancelWanted: ['ACKNOWLEDGED WANTED'],
    'part filled': ['ACKNOWLEDGED REFUSED', fill],
    filled: ['DONE FILLED', fill],
    canceled: ['DONE CANCELED', gone],
    expired: ['DONE EXPIRED', 'RouteExpired'],
    rejected: ['DONE REJECTED', 'RouteRejected'],
    'status canceled': ['DONE CANCELED', gone],
    'status expired': ['DONE EXPIRED', 'RouteExpired'],
  },
  // A trade that happened is recorded whatever was said before.
  'DONE CANCELED': { 'part filled': ['DONE CANCELED', fill], filled: ['DONE CANCELED', fill] },
};

test('every message in every state leads where the table says, with the events that it says', () => {
  for (const [name, route] of Object.entries(states)) {
    assert.equal(nameOf(route), name);
    for (const [said, message] of Object.entries(messages)) {
      const [expected, ...events] = table[name]?.[said as keyof typeof messages] ?? [name];
      const step = advance(route, message);
      assert.deepEqual(
        [nameOf(step.route), ...step.events.map(({ type }) => type)],
        [expected, ...events],
        `${said} in ${name}`,
      );
    }
  }
});

test('fills add up, and the end says how much was filled before it', () => {
  const part = after(SENT, messages['part filled'], execution('E-2', '10', '50', '50'));
  assert.equal(part.cumulative, quantity('50'));
  assert.deepEqual(advance(part, messages.canceled).events, [{ type: 'RouteCanceled', cumulative: '50' }]);
  assert.equal(nameOf(after(part, execution('E-3', '50', '100', '0'))), 'DONE FILLED');
});

test('a status ends a route when it knows of no fill that is missing here', () => {
  const part = after(SENT, messages['part filled']);
  assert.equal(nameOf(after(part, status('CANCELED', '40'))), 'DONE CANCELED');
  assert.equal(nameOf(after(part, status('CANCELED', '90'))), 'ACKNOWLEDGED');
});

test('an order that the exchange does not know is sent again, but not for ever, and its doubt is told once', () => {
  let route = after(SENT, messages.unanswered);
  for (let sends = 1; sends < MOST_SENDS; sends += 1) {
    route = sent(after(route, { kind: 'unknown', sends }));
    assert.deepEqual(advance(route, messages.unanswered).events, []);
  }
  const { route: given, events } = advance(route, { kind: 'unknown', sends: MOST_SENDS });
  assert.equal(nameOf(given), 'DONE REJECTED');
  assert.equal(events[0]?.type, 'RouteRejected');
});

for (const [wanted, known] of [
  ['an acknowledged order', states['ACKNOWLEDGED']],
  ['an acknowledged order that is being canceled', states['ACKNOWLEDGED WANTED']],
] as const) {
  test(`${wanted} ends with its fills when the exchange says again and again that it does not know it`, () => {
    assert.ok(known);
    let route = after(known, messages['part filled']);
    for (let times = 1; times < MOST_UNKNOWNS; times += 1) {
      assert.deepEqual(advance(route, messages.unknown).events, []);
      route = after(route, messages.unknown, messages['unknown, of an earlier send']);
      assert.equal(route.state.kind, 'ACKNOWLEDGED');
    }
    const { route: given, events } = advance(route, messages.unknown);
    assert.equal(nameOf(given), 'DONE CANCELED');
    assert.deepEqual(events, [{ type: 'RouteCanceled', cumulative: '40' }]);
  });
}

test('an exchange that knows the order again has not lost it', () => {
  const doubtful = Array.from({ length: MOST_UNKNOWNS - 1 }, () => messages.unknown);
  for (const message of [messages['status working'], messages.acknowledged, messages['part filled']]) {
    const route = after(ACKNOWLEDGED, ...doubtful, message, ...doubtful);
    assert.equal(nameOf(route), 'ACKNOWLEDGED');
  }
});

test('fills differ when the exchange counts others of an open order than are recorded', () => {
  const part = after(SENT, messages['part filled']);
  assert.ok(fillsDiffer(part, status('WORKING', '90')));
  assert.ok(fillsDiffer(part, status('CANCELED', '0')));
  assert.ok(!fillsDiffer(part, status('WORKING', '40')));
  assert.ok(!fillsDiffer(part, messages.canceled));
  assert.ok(!fillsDiffer(after(part, messages.canceled), status('CANCELED', '90')));
  assert.ok(!fillsDiffer(part, messages['part filled']));
  const second = execution('E-2', '10', '60', '40');
  assert.ok(fillsDiffer(after(part, second), second));
});

test('terms are the same only when every one of them is', () => {
  assert.ok(sameTerms(terms, { ...terms }));
  for (const change of [
    { quantity: quantity('101') },
    { limitPrice: price('1.00') },
    { accountId: 'acc-2' },
    { timeInForce: 'IOC' as const },
  ]) {
    assert.ok(!sameTerms(terms, { ...terms, ...change }));
  }
});
