// The order against random commands, sensible and senseless: whatever is thrown at it, its rules hold, its events
// tell the whole of it, and a terminal status is never left.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { price, quantity, quantityOf, usd } from '@simplebank/money';
import type { OrderCommand } from './order-commands.ts';
import type { OrderEvent } from './order-events.ts';
import { apply, replay } from './order-history.ts';
import { violations } from './order-invariants.ts';
import { isClosed } from './order-state.ts';
import type { Order } from './order-state.ts';
import { decide } from './order.ts';
import { eventsOf, quote, rejection, terms, waysTo } from './order.fixture.ts';
import { isRefusal } from './refusal.ts';

const hold = { kind: 'shares', symbol: 'ACME', quantity: quantity('10') } as const;
const executionId = fc.constantFrom('E1', 'E2', 'E3', 'E4', 'E5');
const shares = fc.bigInt(0n, 12n).map((count) => quantityOf(count * quantity('1')));
const executedAt = '2026-11-22T14:30:00.000Z';

/** Counts of the exchange mostly agree with the order, so that ends are reached. */
type Given = (order: Order | undefined) => OrderCommand;
const command: fc.Arbitrary<Given> = fc.oneof(
  fc
    .constantFrom<OrderCommand>(
      { kind: 'place', terms },
      { kind: 'requestCancel' },
      { kind: 'validated' },
      { kind: 'validationRefused', rejection },
      { kind: 'feeQuoted', quote },
      { kind: 'reserved', hold },
      { kind: 'reservationRefused', rejection },
      { kind: 'routed' },
      { kind: 'released' },
      { kind: 'complete' },
      { kind: 'cancelSent', request: 1 },
      { kind: 'cancelSent', request: 2 },
      { kind: 'marketPlaced', exchangeOrderId: 'X1' },
      { kind: 'marketInDoubt', reason: 'silence' },
      { kind: 'marketRejected', rejection },
      { kind: 'cancelRefused', rejection },
    )
    .map<Given>((given) => () => given),
  fc.tuple(executionId, shares).map<Given>(([id, count]) => () => ({
    kind: 'executed',
    executionId: id,
    quantity: count,
    price: price('100'),
    executedAt,
  })),
  executionId.map<Given>((id) => () => ({ kind: 'tradePosted', executionId: id, principal: usd('100.00') })),
  executionId.map<Given>((id) => () => ({ kind: 'feeCharged', executionId: id, total: usd('0.10') })),
  fc
    .tuple(fc.constantFrom('marketCanceled' as const, 'marketExpired' as const), fc.option(shares))
    .map<Given>(([kind, other]) => (order) => ({
      kind,
      cumulative: other ?? order?.cumulative ?? quantity('0'),
    })),
);
const start = fc.constantFrom(...Object.values(waysTo));

describe('an order under random commands', () => {
  it('keeps its rules, its numbering and its end, and is the sum of its events', () => {
    let completed = 0;
    fc.assert(
      fc.property(start, fc.array(command, { maxLength: 60, size: 'max' }), (way, givens) => {
        const events: OrderEvent[] = [...eventsOf(way)];
        let order = replay(events);
        for (const given of givens) {
          const decision = decide(order, given(order));
          if (isRefusal(decision)) continue;
          const next = apply(order, decision);
          assert.ok(order !== undefined && next !== undefined);
          events.push(...decision);
          assert.deepEqual(violations(next), []);
          assert.equal(next.sequence, events.length);
          if (isClosed(order)) assert.equal(next.status, order.status);
          if (isClosed(order) && order.outcome !== undefined) assert.deepEqual(decision, []);
          order = next;
        }
        assert.deepEqual(replay(events), order);
        if (order !== undefined && isClosed(order) && order.outcome !== undefined) completed += 1;
      }),
      { numRuns: 1_000 },
    );
    assert.ok(completed > 0, 'some of the stories come to their end');
  });

  it('decides without changing the order that it is given', () => {
    fc.assert(
      fc.property(start, command, (way, given) => {
        const order = replay(eventsOf(way));
        const before = structuredClone(order);
        const decision = decide(order, given(order));
        if (!isRefusal(decision)) apply(order, decision);
        assert.deepEqual(order, before);
      }),
    );
  });
});
