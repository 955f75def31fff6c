// Matching as tables: what rests, what comes, who trades with whom at what price; then random runs of whole days
// whose shares and prices must add up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { averagePrice, leaves, type OrderEvent } from './client-order.ts';
import {
  decideCancel,
  decidePlace,
  decideTick,
  emptyState,
  evolve,
  findByClOrdId,
  type ExchangeState,
  type Market,
  type PlaceOrder,
} from './exchange-state.ts';
import { background } from './price-process.ts';

const CENT = 10_000n;
const cents = (price: bigint): bigint => price * CENT;
const NOW = 1_000;

/** A market whose background has these levels, as [price in cents, shares], best first. */
const marketOf = (bids: [bigint, bigint][] = [], asks: [bigint, bigint][] = [], halted = false): Market => ({
  background: {
    bids: bids.map(([price, open]) => ({ price: cents(price), open })),
    asks: asks.map(([price, open]) => ({ price: cents(price), open })),
    reference: cents(100_00n),
  },
  tick: CENT,
  halted,
});
const order = (clOrdId: string, text: string, more: Partial<PlaceOrder> = {}): PlaceOrder => {
  const [side, quantity, limit] = text.split(' ');
  return {
    clOrdId,
    symbol: 'ACME',
    side: side === 'buy' ? 'buy' : 'sell',
    quantity: BigInt(quantity ?? 0),
    ordType: limit === undefined ? 'market' : 'limit',
    limit: limit === undefined ? undefined : cents(BigInt(limit)),
    timeInForce: 'day',
    account: undefined,
    ...more,
  };
};
const apply = (state: ExchangeState, events: readonly OrderEvent[]): readonly OrderEvent[] => {
  for (const event of events) evolve(state, event);
  return events;
};
const place = (
  state: ExchangeState,
  what: PlaceOrder,
  market: Market | undefined = marketOf(),
): readonly OrderEvent[] => apply(state, decidePlace(state, what, market, NOW));
/** Trades as "who shares@cents". */
const tradesIn = (state: ExchangeState, events: readonly OrderEvent[]): string[] =>
  events.flatMap((event) =>
    event.type === 'traded'
      ? [`${state.orders.get(event.orderId)?.clOrdId} ${event.quantity}@${event.price / CENT}`]
      : [],
  );

const tables: {
  title: string;
  rests: PlaceOrder[];
  comes: PlaceOrder;
  market?: Market;
  trades: string[];
  left: bigint;
}[] = [
  {
    title: 'a market sell takes level after level of the background',
    rests: [],
    comes: order('new', 'sell 100'),
    market: marketOf([
      [9999n, 40n],
      [9998n, 30n],
      [9996n, 50n],
    ]),
    trades: ['new 40@9999', 'new 30@9998', 'new 30@9996'],
    left: 0n,
  },
  {
    title: 'a limit buy takes nothing above its limit and rests with what is left',
    rests: [],
    comes: order('new', 'buy 50 10001'),
    market: marketOf(
      [],
      [
        [10001n, 20n],
        [10002n, 90n],
      ],
    ),
    trades: ['new 20@10001'],
    left: 30n,
  },
  {
    title: 'a better price comes before an earlier arrival',
    rests: [order('early', 'sell 10 10005'), order('cheap', 'sell 10 10004')],
    comes: order('new', 'buy 15 10010'),
    trades: ['cheap 10@10004', 'new 10@10004', 'early 5@10005', 'new 5@10005'],
    left: 0n,
  },
  {
    title: 'at one price the earlier arrival comes first',
    rests: [order('first', 'buy 10 9990'), order('second', 'buy 10 9990')],
    comes: order('new', 'sell 12 9980'),
    trades: ['first 10@9990', 'new 10@9990', 'second 2@9990', 'new 2@9990'],
    left: 0n,
  },
  {
    title: 'a customer comes before the background at the same price, and after it at a worse one',
    rests: [order('same', 'sell 10 10001'), order('worse', 'sell 10 10003')],
    comes: order('new', 'buy 40 10003'),
    market: marketOf(
      [],
      [
        [10001n, 5n],
        [10002n, 5n],
      ],
    ),
    trades: ['same 10@10001', 'new 10@10001', 'new 5@10001', 'new 5@10002', 'worse 10@10003', 'new 10@10003'],
    left: 10n,
  },
  {
    title: 'a market order waits for more, and goes first at the market price when it comes',
    rests: [order('limit', 'sell 10 10000'), order('market', 'sell 10')],
    comes: order('new', 'buy 12 10005'),
    trades: ['market 10@10000', 'new 10@10000', 'limit 2@10000', 'new 2@10000'],
    left: 0n,
  },
  {
    title: 'a resting market order never makes a limit trade beyond itself',
    rests: [order('market', 'sell 10')],
    comes: order('new', 'buy 10 9900'),
    trades: ['market 10@9900', 'new 10@9900'],
    left: 0n,
  },
];
for (const { title, rests, comes, market, trades, left } of tables) {
  test(title, () => {
    const state = emptyState('T');
    for (const rest of rests) place(state, rest);
    assert.deepEqual(tradesIn(state, place(state, comes, market)), trades);
    const incoming = findByClOrdId(state, 'new');
    assert.equal(incoming && leaves(incoming), left);
  });
}

test('what an immediate-or-cancel order does not get is canceled', () => {
  const state = emptyState('T');
  const events = place(state, order('new', 'sell 100', { timeInForce: 'ioc' }), marketOf([[9999n, 40n]]));
  assert.deepEqual(
    events.map(({ type }) => type),
    ['accepted', 'traded', 'canceled'],
  );
  assert.equal(findByClOrdId(state, 'new')?.state, 'canceled');
});

test('what is taken from the background within a tick is gone', () => {
  const state = emptyState('T');
  const market = marketOf([[9999n, 40n]]);
  place(state, order('a', 'sell 30'), market);
  assert.deepEqual(tradesIn(state, place(state, order('b', 'sell 30'), market)), ['b 10@9999']);
});

test('a new tick fills resting orders in priority, at their own limits', () => {
  const state = emptyState('T');
  place(state, order('low', 'sell 20 10000'));
  place(state, order('high', 'sell 20 10002'));
  place(state, order('far', 'sell 20 10009'));
  const events = apply(
    state,
    decideTick(
      state,
      'ACME',
      marketOf([
        [10004n, 25n],
        [10002n, 5n],
      ]),
      NOW,
    ),
  );
  assert.deepEqual(tradesIn(state, events), ['low 20@10000', 'high 5@10002', 'high 5@10002']);
});

const refusals: [string, PlaceOrder, Market | undefined, string][] = [
  ['an unknown symbol, before anything else', order('x', 'buy 0'), undefined, 'UNKNOWN_SYMBOL'],
  ['a halted instrument, before the quantity', order('x', 'buy 0'), marketOf([], [], true), 'HALTED'],
  ['no shares, before the price', order('x', 'buy 0 0'), marketOf(), 'INCORRECT_QUANTITY'],
  ['a part of a share', order('x', 'buy 1', { quantity: undefined }), marketOf(), 'INCORRECT_QUANTITY'],
  ['a limit order without a price', order('x', 'buy 1', { ordType: 'limit' }), marketOf(), 'INCORRECT_PRICE'],
  ['a limit off the tick', order('x', 'buy 1 1', { limit: 5_000n }), marketOf(), 'INCORRECT_PRICE'],
  [
    'a market order with a price',
    order('x', 'buy 1 1', { ordType: 'market' }),
    marketOf(),
    'INCORRECT_PRICE',
  ],
];
for (const [what, placed, market, reason] of refusals) {
  test(`refuses ${what}`, () => {
    const state = emptyState('T');
    const [event, ...others] = apply(state, decidePlace(state, placed, market, NOW));
    assert.equal(event?.type === 'rejected' && event.reason, reason);
    assert.deepEqual(others, []);
    assert.equal(findByClOrdId(state, 'x')?.state, 'rejected');
    assert.equal(state.resting.size, 0);
  });
}

test('an order with a known id is never a second order, whatever became of the first', () => {
  const state = emptyState('T');
  place(state, order('a', 'sell 10 10000'));
  place(state, order('r', 'sell 0'));
  assert.deepEqual(place(state, order('a', 'sell 10 10000')), []);
  assert.deepEqual(place(state, order('r', 'sell 10')), []);
});

test('a cancel takes an order out of the book, and comes too late afterwards', () => {
  const state = emptyState('T');
  place(state, order('a', 'sell 10 10000'));
  const decision = decideCancel(state, 'a', 'c1');
  assert.ok(typeof decision === 'object');
  apply(state, [decision]);
  assert.equal(decideCancel(state, 'a', 'c2'), 'TOO_LATE');
  assert.equal(decideCancel(state, 'b', 'c3'), 'UNKNOWN_ORDER');
  assert.deepEqual(
    place(state, order('new', 'buy 10 10000')).map(({ type }) => type),
    ['accepted'],
  );
});

test('the average price is rounded half up to a millionth', () => {
  const state = emptyState('T');
  place(
    state,
    order('a', 'sell 3'),
    marketOf([
      [10000n, 1n],
      [9999n, 2n],
    ]),
  );
  const placed = findByClOrdId(state, 'a');
  assert.equal(placed && averagePrice(placed), 99_993_333n);
});

type Step = { place: PlaceOrder } | { cancel: number } | { tick: true };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .record({
          side: fc.constantFrom('buy', 'sell'),
          quantity: fc.integer({ min: 0, max: 120 }),
          limit: fc.option(fc.integer({ min: 119_90, max: 120_10 }), { nil: undefined }),
          timeInForce: fc.constantFrom('day' as const, 'ioc' as const),
        })
        .map(({ side, quantity, limit, timeInForce }) => ({
          place: order('', `${side} ${quantity}${limit === undefined ? '' : ` ${limit}`}`, { timeInForce }),
        })),
    },
    { weight: 1, arbitrary: fc.record({ cancel: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.constant({ tick: true as const }) },
  ),
  { maxLength: 60 },
);
const acme = { symbol: 'ACME', basePrice: cents(120_00n), tick: CENT };

test('shares are conserved, no execution is doubled, and no crossed book is left', () => {
  fc.assert(
    fc.property(steps, fc.nat(1_000), (day, seed) => {
      const state = emptyState('T');
      const liquidity = { levels: 2, minShares: 1, maxShares: 30 };
      let tick = 0;
      let market: Market = { background: background(seed, acme, tick, liquidity), tick: CENT, halted: false };
      day.forEach((step, at) => {
        if ('place' in step) {
          place(state, { ...step.place, clOrdId: `o${at}` }, market);
        } else if ('cancel' in step) {
          const decision = decideCancel(state, `o${step.cancel}`, `c${at}`);
          if (typeof decision === 'object') apply(state, [decision]);
        } else {
          tick += 1;
          market = { ...market, background: background(seed, acme, tick, liquidity) };
          apply(state, decideTick(state, 'ACME', market, tick));
        }
        assertBookIsNotCrossed(state, market);
      });
      const execIds = new Set<string>();
      for (const { quantity, cumulative, executions, state: is, ...rest } of state.orders.values()) {
        const canceled = is === 'canceled' ? quantity - cumulative : 0n;
        const open = leaves({ quantity, cumulative, executions, state: is, ...rest });
        if (is !== 'rejected') assert.equal(cumulative + open + canceled, quantity);
        assert.equal(
          executions.reduce((sum, execution) => sum + execution.quantity, 0n),
          cumulative,
        );
        for (const execution of executions) {
          assert.ok(execution.quantity > 0n && execution.price > 0n);
          assert.ok(
            rest.limit === undefined ||
              (rest.side === 'buy' ? execution.price <= rest.limit : execution.price >= rest.limit),
          );
          assert.ok(!execIds.has(execution.execId));
          execIds.add(execution.execId);
        }
      }
    }),
  );
});

function assertBookIsNotCrossed(state: ExchangeState, market: Market): void {
  const book = state.resting.get('ACME') ?? { buy: [], sell: [] };
  const [bid, ask] = [book.buy[0], book.sell[0]];
  const level = (levels: { price: bigint; open: bigint }[]) => levels.find(({ open }) => open > 0n)?.price;
  if (bid && ask) assert.ok(bid.limit !== undefined && ask.limit !== undefined && bid.limit < ask.limit);
  const [bestBid, bestAsk] = [level(market.background.bids), level(market.background.asks)];
  if (bid && bestAsk !== undefined) assert.ok(bid.limit !== undefined && bid.limit < bestAsk);
  if (ask && bestBid !== undefined) assert.ok(ask.limit !== undefined && ask.limit > bestBid);
}
