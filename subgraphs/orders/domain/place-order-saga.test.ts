// The saga's table, driven against a random world: an exchange that acknowledges, fills, doubts, rejects and
// cancels when it likes, reports that overtake replies or come twice, cancels at any moment, and a bank that
// dies between a command and its record. Whatever happens, every story ends, and every cent is kept.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { price, quantityOf, usd } from '@simplebank/money';
import { apply, replay } from './order-history.ts';
import { isClosed } from './order-state.ts';
import type { Order } from './order-state.ts';
import type { OrderTerms } from './order-terms.ts';
import { orderAfter, terms, waysTo } from './order.fixture.ts';
import { placeOrderSaga } from './place-order-saga.ts';
import { World, instrument } from './saga-world.fixture.ts';

type Move = (world: World) => void;
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 14, arbitrary: fc.constant<Move>((world) => world.advance()) },
  { weight: 4, arbitrary: fc.boolean().map<Move>((twice) => (world) => world.deliver(twice)) },
  { weight: 1, arbitrary: fc.constant<Move>((world) => world.tell({ kind: 'requestCancel' })) },
  // The bank dies: the command has been carried out, its reply is lost.
  { weight: 1, arbitrary: fc.constant<Move>((world) => void (world.inFlight = undefined)) },
  { weight: 2, arbitrary: fc.constant<Move>((world) => world.market.acknowledge()) },
  { weight: 1, arbitrary: fc.constant<Move>((world) => world.market.doubt()) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.bigInt(0n, 60n), fc.bigInt(0n, 50n)).map<Move>(
      ([part, below]) =>
        (world) =>
          world.market.fill(part, below),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map<Move>((refuses) => (world) => world.market.answerCancel(refuses)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Move>(
      (world) => world.market.reject(),
      (world) => world.market.end('marketCanceled'),
      (world) => world.market.end('marketExpired'),
    ),
  },
);

const orderTerms: fc.Arbitrary<OrderTerms> = fc
  .record({
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    limited: fc.boolean(),
    lots: fc.bigInt(1n, 40n),
  })
  .map(({ side, limited, lots }) => ({
    ...terms,
    side,
    orderType: limited ? ('LIMIT' as const) : ('MARKET' as const),
    limitPrice: limited ? price('10.0035') : null,
    quantity: quantityOf(lots * instrument.lotSize),
  }));
const answers = fc.record({ validates: mostly(), reserves: mostly() });

function mostly(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 9 }).map((chance) => chance > 0);
}

describe('the place-order saga', () => {
  it('ends every story with everything posted, charged, released and completed', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(
        orderTerms,
        answers,
        fc.array(move, { maxLength: 80, size: 'max' }),
        (given, answered, moves) => {
          const world = new World(given, answered);
          for (const go of moves) go(world);
          world.finish();
          const order = world.state();
          assert.ok(isClosed(order) && order.outcome !== undefined);
          assert.equal(world.events.at(-1)?.type, 'OrderCompleted');
          assert.ok(world.books.released);
          assert.notEqual(world.market.state, 'open');
          assert.equal(order.cumulative, world.market.cumulative);
          assert.deepEqual(
            [...world.books.posted.keys()],
            world.market.fills.map(({ executionId }) => executionId),
          );
          assert.deepEqual([...world.books.charged.keys()], [...world.books.posted.keys()]);
          assert.deepEqual(replay(world.events), order);
          reached.add(order.outcome);
        },
      ),
      { numRuns: 2_000 },
    );
    assert.deepEqual([...reached].toSorted(), [
      'CANCELED',
      'EXPIRED',
      'FILLED',
      'PARTIALLY_FILLED',
      'REJECTED',
    ]);
  });

  it('goes validate, quote, reserve, route, and then waits for the exchange', () => {
    const world = new World(terms, { validates: true, reserves: true });
    for (let turn = 0; turn < 10; turn += 1) world.advance();
    assert.deepEqual(
      world.events.map(({ type }) => type),
      ['OrderCreated', 'FeeQuoted', 'StockReserved', 'OrderRouted'],
    );
    assert.equal(placeOrderSaga.steps.find(({ name }) => name === 'execute')?.command(world.state()), 'wait');
  });

  it('sends a market buy out with its protecting limit', () => {
    const world = new World({ ...terms, side: 'BUY' }, { validates: true, reserves: true });
    for (let turn = 0; turn < 10; turn += 1) world.advance();
    assert.equal(world.market.routedWith, price('10.502'));
  });

  it('does not route an order again that a report has shown to be routed', () => {
    const route = placeOrderSaga.steps.find(({ name }) => name === 'route');
    assert.equal(route?.command(orderAfter(waysTo.PARTIALLY_FILLED)), 'done');
    assert.equal(route?.command(orderAfter(waysTo.FILLED)), 'done');
  });

  it('sends a cancel once, ahead of the postings', () => {
    const execute = placeOrderSaga.steps.find(({ name }) => name === 'execute');
    const asked = [...waysTo.PARTIALLY_FILLED, { kind: 'requestCancel' }] as const;
    assert.deepEqual(execute?.command(orderAfter(asked)), {
      kind: 'cancelAtExchange',
      orderId: terms.id,
      request: 1,
    });
    const sent = execute?.command(orderAfter([...asked, { kind: 'cancelSent', request: 1 }]));
    assert.ok(typeof sent === 'object' && sent.kind === 'postTrade');
  });

  it('caps a fee at what is left of the reserved fee, and for a sell at the principal', () => {
    const execute = placeOrderSaga.steps.find(({ name }) => name === 'execute');
    const posted = { kind: 'tradePosted', executionId: 'E1', principal: usd('400.00') } as const;
    const sell = execute?.command(orderAfter([...waysTo.PARTIALLY_FILLED, posted]));
    assert.ok(typeof sell === 'object' && sell.kind === 'chargeFee');
    assert.deepEqual(sell.cap, usd('400.00'));

    const buy: Order = {
      ...orderAfter([
        ...waysTo.FILLED,
        posted,
        { kind: 'feeCharged', executionId: 'E1', total: usd('0.40') },
      ]),
      reservation: {
        kind: 'cash',
        principal: usd('1050.00'),
        fee: usd('2.00'),
        protectingLimit: price('105'),
      },
    };
    const second = apply(buy, [
      { type: 'TradePosted', data: { executionId: 'E2', principal: usd('600.00') } },
    ]);
    const charge = second && execute?.command(second);
    assert.ok(typeof charge === 'object' && charge.kind === 'chargeFee');
    assert.deepEqual(charge.cap, usd('1.60'));
  });

  it('turns back for a rejection or an early cancel only', () => {
    assert.equal(placeOrderSaga.aborted(orderAfter([...waysTo.RECEIVED, { kind: 'requestCancel' }])), true);
    assert.equal(placeOrderSaga.aborted(orderAfter([...waysTo.RESERVED, { kind: 'requestCancel' }])), false);
    assert.equal(placeOrderSaga.aborted(orderAfter(waysTo.REJECTED)), true);
  });
});
