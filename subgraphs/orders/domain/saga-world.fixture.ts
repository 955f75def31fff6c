// A random world around the place-order saga: an exchange, the ledger and fees, and a small runner that obeys
// the rules of packages/saga/definition.ts. Each refuses what the real one refuses, so that a wrong step fails.
import assert from 'node:assert/strict';
import { compareMoney, multiplyRatio, price, quantity, quantityOf, sumMoney, usd } from '@simplebank/money';
import type { Money, Price, Quantity } from '@simplebank/money';
import type { MarketReport, OrderCommand, SagaReply } from './order-commands.ts';
import { holdFor, quoteOf } from './order-estimate.ts';
import type { OrderEvent } from './order-events.ts';
import { apply } from './order-history.ts';
import { violations } from './order-invariants.ts';
import { isClosed } from './order-state.ts';
import type { Hold, Order } from './order-state.ts';
import type { OrderTerms } from './order-terms.ts';
import { decide } from './order.ts';
import { rejection } from './order.fixture.ts';
import { placeOrderSaga } from './place-order-saga.ts';
import type { SagaCommand } from './place-order-saga.ts';
import { isRefusal } from './refusal.ts';

export const instrument = {
  tickSize: price('0.0005'),
  lotSize: quantity('0.001'),
  currency: 'USD',
  quote: { bid: price('9.9985'), ask: price('10.0015'), last: price('10.00') },
} as const;
const ceilingRule = { basisPoints: 10n, perLot: usd('0.01') };

export interface Answers {
  readonly validates: boolean;
  readonly reserves: boolean;
}

/** The market service and the exchange behind it. Reports queue up and are delivered when the test says so. */
class RandomMarket {
  readonly reports: MarketReport[] = [];
  leaves: Quantity;
  cumulative = quantityOf(0n);
  routedWith: Price | null | undefined;
  state: 'unknown' | 'open' | 'closed' = 'unknown';
  acknowledged = false;
  cancelPending = false;
  readonly fills: { executionId: string; quantity: Quantity; price: Price; executedAt: string }[] = [];

  readonly terms: OrderTerms;
  constructor(orderTerms: OrderTerms) {
    this.terms = orderTerms;
    this.leaves = orderTerms.quantity;
  }

  route(limitPrice: Price | null): void {
    if (this.state !== 'unknown') return;
    this.state = 'open';
    this.routedWith = limitPrice;
  }

  cancel(): void {
    assert.notEqual(this.state, 'unknown', 'a cancel is sent only for an order that the market knows');
    if (this.state === 'closed') this.reports.push({ kind: 'cancelRefused', rejection });
    else this.cancelPending = true;
  }

  acknowledge(): void {
    if (this.state !== 'open' || this.acknowledged) return;
    this.acknowledged = true;
    this.reports.push({ kind: 'marketPlaced', exchangeOrderId: 'X1' });
  }

  doubt(): void {
    if (this.state === 'open' && !this.acknowledged)
      this.reports.push({ kind: 'marketInDoubt', reason: 'silence' });
  }

  fill(part: bigint, below: bigint): void {
    if (this.state !== 'open') return;
    const lots = this.leaves / instrument.lotSize;
    const shares = quantityOf(
      ((lots * part) / 100n + 1n > lots ? lots : (lots * part) / 100n + 1n) * instrument.lotSize,
    );
    const worst = this.routedWith ?? price('9.00');
    const at = (
      this.terms.side === 'BUY' ? worst - below * instrument.tickSize : worst + below * instrument.tickSize
    ) as Price;
    const fill = {
      executionId: `E${this.fills.length + 1}`,
      quantity: shares,
      price: at,
      executedAt: '2026-11-22T14:30:00.000Z',
    };
    this.fills.push(fill);
    this.cumulative = quantityOf(this.cumulative + shares);
    this.leaves = quantityOf(this.leaves - shares);
    this.reports.push({ kind: 'executed', ...fill });
    if (this.leaves === 0n) this.close();
  }

  end(kind: 'marketCanceled' | 'marketExpired'): void {
    if (this.state !== 'open') return;
    this.reports.push({ kind, cumulative: this.cumulative });
    this.cancelPending = false;
    this.close();
  }

  reject(): void {
    if (this.state !== 'open' || this.cumulative > 0n) return;
    this.reports.push({ kind: 'marketRejected', rejection });
    this.cancelPending = false;
    this.close();
  }

  answerCancel(refuses: boolean): void {
    if (!this.cancelPending) return;
    if (!refuses) return this.end('marketCanceled');
    this.cancelPending = false;
    this.reports.push({ kind: 'cancelRefused', rejection });
  }

  private close(): void {
    this.state = 'closed';
    if (this.cancelPending) this.reports.push({ kind: 'cancelRefused', rejection });
    this.cancelPending = false;
  }
}

/** The ledger and fees, which refuse what the real ones refuse. */
class Books {
  hold: Hold | undefined;
  released = false;
  readonly posted = new Map<string, Money>();
  readonly charged = new Map<string, Money>();

  post(executionId: string, principal: Money): void {
    const known = this.posted.get(executionId);
    if (known !== undefined) return assert.deepEqual(known, principal, 'a repeat has the same body');
    assert.ok(this.hold !== undefined && !this.released, 'a trade is posted against a standing reservation');
    this.posted.set(executionId, principal);
    const spent = sumMoney([...this.posted.values()], 'USD');
    if (this.hold.kind === 'cash')
      assert.ok(compareMoney(spent, this.hold.principal) <= 0, 'RESERVATION_EXCEEDED');
  }

  charge(executionId: string, principal: Money, cap: Money): Money {
    const known = this.charged.get(executionId);
    if (known !== undefined) return known;
    assert.ok(this.posted.has(executionId) && !this.released, 'a fee follows its trade, before the release');
    const fee = multiplyRatio(principal, ceilingRule.basisPoints, 10_000n, 'UP');
    if (this.hold?.kind === 'cash')
      assert.ok(compareMoney(fee, cap) <= 0, 'the reserved fee always suffices');
    const total = compareMoney(fee, cap) > 0 ? cap : fee;
    this.charged.set(executionId, total);
    return total;
  }
}

/** The bank: an order's events, and the saga's row with the runner's rules (packages/saga/definition.ts). */
export class World {
  readonly events: OrderEvent[] = [];
  readonly market: RandomMarket;
  readonly books = new Books();
  order: Order | undefined;
  phase: 'forward' | 'backward' | 'ending' | 'over' = 'forward';
  index = 0;
  inFlight: { readonly reply: SagaReply; readonly repeats: boolean } | undefined;

  readonly answers: Answers;
  constructor(orderTerms: OrderTerms, answers: Answers) {
    this.answers = answers;
    this.market = new RandomMarket(orderTerms);
    this.tell({ kind: 'place', terms: orderTerms });
  }

  /** A cancel may be refused to the customer; nothing that the saga or the market says ever is. */
  tell(command: OrderCommand): void {
    const before = this.order;
    const decision = decide(before, command);
    if (isRefusal(decision))
      return assert.equal(decision.refused, 'ORDER_NOT_CANCELABLE', `${command.kind}: ${decision.message}`);
    this.events.push(...decision);
    const order = apply(before, decision);
    assert.ok(order !== undefined);
    this.order = order;
    assert.deepEqual(violations(order), [], command.kind);
    assert.equal(order.sequence, this.events.length);
    if (before !== undefined && isClosed(before)) assert.equal(order.status, before.status);
    const again = decide(order, command);
    if (!isRefusal(again)) assert.deepEqual(again, [], `a repeated ${command.kind} records nothing`);
  }

  state(): Order {
    assert.ok(this.order !== undefined);
    return this.order;
  }

  beforePivot(): boolean {
    return (
      this.phase === 'forward' && this.index < placeOrderSaga.steps.findIndex(({ kind }) => kind === 'pivot')
    );
  }

  /** Carries out the next command; its reply is recorded by a later call, unless the bank dies before. */
  advance(): void {
    if (this.inFlight !== undefined) return this.record(this.inFlight);
    while (this.phase !== 'over') {
      const order = this.state();
      if (this.beforePivot() && placeOrderSaga.aborted(order)) this.phase = 'backward';
      const step = (this.phase === 'ending' ? placeOrderSaga.ending : placeOrderSaga.steps)[this.index];
      if (step === undefined) {
        this.phase = this.phase === 'ending' ? 'over' : 'ending';
        this.index = 0;
        continue;
      }
      const directive =
        this.phase === 'backward' ? (step.compensation?.(order) ?? 'done') : step.command(order);
      if (directive === 'wait') return;
      if (directive !== 'done') {
        this.inFlight = { reply: this.execute(directive), repeats: step.repeats === true };
        return;
      }
      this.index += this.phase === 'backward' ? -1 : 1;
    }
  }

  record({ reply, repeats }: { readonly reply: SagaReply; readonly repeats: boolean }): void {
    this.inFlight = undefined;
    this.tell(reply);
    if (this.phase === 'backward') this.index -= 1;
    else if (this.beforePivot() && placeOrderSaga.aborted(this.state())) this.phase = 'backward';
    else if (!repeats) this.index += 1;
  }

  execute(command: SagaCommand): SagaReply {
    switch (command.kind) {
      case 'validate':
        return this.answers.validates ? { kind: 'validated' } : { kind: 'validationRefused', rejection };
      case 'quoteFee': {
        const quote = quoteOf(command.terms, instrument, {
          scheduleId: 'S1',
          estimate: undefined,
          ceilingRule,
        });
        assert.ok(quote !== undefined);
        return { kind: 'feeQuoted', quote };
      }
      case 'reserve': {
        if (!this.answers.reserves) return { kind: 'reservationRefused', rejection };
        assert.ok(!this.books.released, 'nothing is reserved after the release');
        this.books.hold = holdFor(command.terms, command.quote, instrument.tickSize);
        return { kind: 'reserved', hold: this.books.hold };
      }
      case 'route':
        assert.ok(this.books.hold !== undefined && !this.books.released, 'routed only with a reservation');
        this.market.route(command.limitPrice);
        return { kind: 'routed' };
      case 'postTrade':
        this.books.post(command.executionId, command.principal);
        return { kind: 'tradePosted', executionId: command.executionId, principal: command.principal };
      case 'chargeFee':
        return {
          kind: 'feeCharged',
          executionId: command.executionId,
          total: this.books.charge(command.executionId, command.principal, command.cap),
        };
      case 'cancelAtExchange':
        this.market.cancel();
        return { kind: 'cancelSent', request: command.request };
      case 'release':
        assert.notEqual(this.market.state, 'open', 'no order stands at the exchange without its reservation');
        this.books.released = true;
        return { kind: 'released' };
      case 'complete':
        return { kind: 'complete' };
      default:
        return command satisfies never;
    }
  }

  deliver(twice: boolean): void {
    const report = this.market.reports.shift();
    if (report === undefined) return;
    this.tell(report);
    if (twice && report.kind === 'executed') this.tell(report);
  }

  /** Lets everybody finish, and fails when that takes longer than any story does. */
  finish(): void {
    for (let turn = 0; turn < 10_000; turn += 1) {
      if (this.phase === 'over' && this.market.reports.length === 0) return;
      this.advance();
      if (this.inFlight === undefined && this.market.reports.length === 0) this.market.fill(100n, 0n);
      this.market.answerCancel(false);
      this.deliver(false);
    }
    assert.fail(`The story does not end: ${this.state().status}, step ${this.phase} ${this.index}`);
  }
}
