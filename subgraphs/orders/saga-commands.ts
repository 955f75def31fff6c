// How the placing saga reaches the world: each of its commands as a call to the service that owns the step, each
// answer as a reply that the order records. Commands may run twice; every receiver is idempotent by order or
// execution id. A refusal that should be impossible stops the saga, and an operator looks; a request that is refused
// as such (4xx) does so too, but before the order is at the market it rejects the order with INTERNAL_ERROR instead.
import {
  backgroundContext,
  publicFault,
  RequestRefused,
  runInContext,
  type ServiceClient,
  type Transaction,
} from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import * as contracts from '@simplebank/contracts';
import {
  formatPrice,
  formatQuantity,
  priceOf,
  type Price,
  moneyFromWire,
  moneyToWire,
} from '@simplebank/money';
import { CommandRefused, SagaStuck, type SagaPort } from '@simplebank/saga';
import type { Instrument } from './domain/instrument.ts';
import { checkFacts } from './domain/order-checks.ts';
import type { SagaReply } from './domain/order-commands.ts';
import { holdFor, quoteOf, referencePrincipal } from './domain/order-estimate.ts';
import type { Hold, Order, Rejection } from './domain/order-state.ts';
import type { DealTerms } from './domain/order-terms.ts';
import type { SagaCommand } from './domain/place-order-saga.ts';
import { priceText } from './event-codec.ts';
import type { FeeRuleStore } from './fee-rule-store.ts';
import { isRefused, type OrderChange, type OrderChanges } from './order-changes.ts';
import type { StoredOrder } from './order-row.ts';
import type { OrdersStore } from './store.ts';
import type { World } from './world.ts';

/** A participant that has not answered by then is asked again, after the runner's backoff. */
export const stepTimeoutMs = 2_000;

/** The order that a saga carries, and the change that made it so: empty where it was only read. */
export type CarriedOrder = Order & { readonly change: OrderChange };

type Command<K extends SagaCommand['kind']> = Extract<SagaCommand, { kind: K }>;

export interface SagaPortOptions {
  readonly client: ServiceClient;
  readonly world: World;
  readonly feeRules: FeeRuleStore;
  readonly store: OrdersStore;
  readonly changes: OrderChanges;
}

/** Why a command was not carried out; begins with the code that the order's page shows. */
class StepFault extends Error {
  readonly code: contracts.ErrorCode;
  /** The instrument of an order that only the fees are missing for. */
  readonly instrument: Instrument | undefined;

  constructor(code: contracts.ErrorCode, cause: unknown, instrument?: Instrument) {
    super(`${code}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'StepFault';
    this.code = code;
    this.instrument = instrument;
  }
}

export function createSagaPort(
  options: SagaPortOptions,
): SagaPort<CarriedOrder, SagaCommand, SagaReply, Transaction> {
  const { client, world, feeRules, store, changes } = options;
  const timeout = { timeoutMs: stepTimeoutMs };

  async function carryOut(command: SagaCommand): Promise<SagaReply> {
    switch (command.kind) {
      case 'validate':
        return validate(command);
      case 'quoteFee':
        return quoteFee(command);
      case 'reserve':
        return reserve(command);
      case 'route':
        return route(command);
      case 'postTrade':
        return postTrade(command);
      case 'chargeFee':
        return chargeFee(command);
      case 'cancelAtExchange': {
        const { orderId, request } = command;
        mustBe('accepted', await client.call(contracts.cancelRoute, { orderId }, timeout));
        return { kind: 'cancelSent', request };
      }
      case 'release':
        await client.call(contracts.releaseReservation, { orderId: command.orderId }, timeout);
        return { kind: 'released' };
      case 'complete':
        return { kind: 'complete' };
      default:
        return command satisfies never;
    }
  }

  /** What the account holds is left to the reservation, which alone counts. */
  async function validate({ terms }: Command<'validate'>): Promise<SagaReply> {
    const [account, instrument] = await Promise.all([
      world.account(terms.accountId),
      world.instrument(terms.symbol),
    ]);
    if (account === 'missing') return refused(rejectionOf('FORBIDDEN'));
    const facts = { account, instrument, availability: 'unknown', feeCeilingRule: 'unknown' } as const;
    const code = checkFacts(terms, facts);
    if (code === 'QUOTE_UNAVAILABLE') throw new StepFault(code, 'the exchange has not quoted the instrument');
    return code === undefined ? { kind: 'validated' } : refused(rejectionOf(code));
  }

  async function quoteFee({ terms }: Command<'quoteFee'>): Promise<SagaReply> {
    const instrument = await world.instrument(terms.symbol);
    if (instrument === 'missing') return refused(rejectionOf('UNKNOWN_SYMBOL'));
    const principal = referencePrincipal(terms, instrument);
    if (principal === undefined)
      throw new StepFault('QUOTE_UNAVAILABLE', 'there is no price to charge fees for');
    const schedule = await world.feeQuote(terms, principal).catch((cause: unknown) => {
      if (cause instanceof RequestRefused) throw cause;
      throw new StepFault('SERVICE_UNAVAILABLE', cause, instrument);
    });
    const quote = quoteOf(terms, instrument, schedule);
    if (quote === undefined) throw new Error('Bug: an instrument with a price has a fee quote');
    return { kind: 'feeQuoted', quote };
  }

  async function reserve({ terms, quote }: Command<'reserve'>): Promise<SagaReply> {
    const hold = holdFor(terms, quote, await tickFor(terms));
    const { id: orderId, accountId } = terms;
    const answer = await client.call(
      contracts.reserveForOrder,
      { orderId, accountId, hold: wireHold(hold) },
      timeout,
    );
    if (answer.outcome === 'reserved') return { kind: 'reserved', hold };
    const { rejection } = answer;
    if (!expectedRefusals.has(rejection.code)) throw unexpected(rejection);
    return { kind: 'reservationRefused', rejection };
  }

  /** Only the protecting limit of a market buy stands on the tick, so the market is asked for no other order. */
  async function tickFor({ symbol, side, orderType }: DealTerms): Promise<Price> {
    if (side === 'SELL' || orderType === 'LIMIT') return priceOf(1n);
    const instrument = await world.instrument(symbol);
    if (instrument === 'missing') throw new SagaStuck(`UNKNOWN_SYMBOL: ${symbol} is no instrument any more`);
    return instrument.tickSize;
  }

  async function route({ kind: _kind, quantity, limitPrice, ...deal }: Command<'route'>): Promise<SagaReply> {
    const body = { ...deal, quantity: formatQuantity(quantity), limitPrice: priceText(limitPrice) };
    mustBe('accepted', await client.call(contracts.routeOrder, body, timeout));
    return { kind: 'routed' };
  }

  async function postTrade({ kind: _kind, ...command }: Command<'postTrade'>): Promise<SagaReply> {
    const { executionId, principal } = command;
    const body = {
      ...command,
      quantity: formatQuantity(command.quantity),
      price: formatPrice(command.price),
      principal: moneyToWire(principal),
    };
    mustBe('posted', await client.call(contracts.postTrade, body, timeout));
    return { kind: 'tradePosted', executionId, principal };
  }

  /** Charged first and posted then: the charge remembers its amount, so a repeat posts the same. */
  async function chargeFee({ kind: _kind, cap, ...command }: Command<'chargeFee'>): Promise<SagaReply> {
    const { executionId, orderId, accountId, side, executedAt } = command;
    const quantity = formatQuantity(command.quantity);
    const amounts = { quantity, principal: moneyToWire(command.principal), cap: moneyToWire(cap) };
    const ids = { executionId, orderId, accountId, side };
    const charge = await client.call(contracts.chargeFee, { ...ids, executedAt, ...amounts }, timeout);
    if (charge.outcome === 'rejected') throw unexpected(charge.rejection);
    mustBe('posted', await client.call(contracts.postFee, { ...ids, fee: charge.total }, timeout));
    return { kind: 'feeCharged', executionId, total: moneyFromWire(charge.total) };
  }

  return {
    async load(orderId) {
      const [stored] = await store.orders([orderId]);
      return carried({ stored: foundOrder(orderId, stored), events: [] });
    },

    async execute(command) {
      try {
        return await carryOut(command);
      } catch (fault) {
        if (fault instanceof SagaStuck || fault instanceof StepFault) throw fault;
        // It would be refused each time: nothing to retry, and no outage to tell the customer of.
        if (fault instanceof RequestRefused) {
          throw new CommandRefused(`INTERNAL_ERROR: ${fault.message}`, { cause: fault });
        }
        throw new StepFault(publicFault(fault).code as contracts.ErrorCode, fault);
      }
    },

    async record(tx, orderId, reply) {
      const stored = foundOrder(orderId, await store.lock(tx, orderId));
      const change = await changes.carryOut(tx, stored, { command: reply, causationId: null });
      if (isRefused(change)) throw new SagaStuck(`INTERNAL_ERROR: ${change.refused}: ${change.message}`);
      return carried(change);
    },

    recorded: ({ change }) => changes.committed(change),

    giveUp(stepName, { terms }, fault) {
      if (fault instanceof CommandRefused) return refused(rejectionOf('INTERNAL_ERROR'));
      const schedule = feeRules.last();
      const instrument = fault instanceof StepFault ? fault.instrument : undefined;
      if (stepName === 'quoteFee' && schedule !== undefined && instrument !== undefined) {
        const quote = quoteOf(terms, instrument, { ...schedule, estimate: undefined });
        if (quote !== undefined) return { kind: 'feeQuoted', quote };
      }
      const noQuote = fault instanceof StepFault && fault.code === 'QUOTE_UNAVAILABLE';
      return refused(rejectionOf(noQuote ? 'QUOTE_UNAVAILABLE' : 'SERVICE_UNAVAILABLE'));
    },

    inContext: ({ terms, change }, work) =>
      runInContext(backgroundContext({ ...change.stored.origin, orderId: terms.id }), work),
  };
}

function foundOrder(orderId: string, stored: StoredOrder | undefined): StoredOrder {
  if (stored === undefined) throw new SagaStuck(`INTERNAL_ERROR: there is no order ${orderId}`);
  return stored;
}

function carried(change: OrderChange): CarriedOrder {
  return { ...change.stored.order, change };
}

/** What a customer's order may be refused for; the ledger's other codes mean that something is broken. */
const expectedRefusals: ReadonlySet<string> = new Set([
  'INSUFFICIENT_SHARES',
  'INSUFFICIENT_CASH',
  'UNKNOWN_LEDGER_ACCOUNT',
]);

function refused(rejection: Rejection): SagaReply {
  return { kind: 'validationRefused', rejection };
}

type Answer<Good extends string> =
  { readonly outcome: Good } | { readonly outcome: 'rejected'; readonly rejection: Rejection };

function mustBe<Good extends string>(good: Good, answer: Answer<Good>): void {
  if ('rejection' in answer) throw unexpected(answer.rejection);
  if (answer.outcome !== good) throw new SagaStuck(`INTERNAL_ERROR: answered ${answer.outcome}, not ${good}`);
}

function unexpected({ code, message }: Rejection): SagaStuck {
  return new SagaStuck(`${code}: ${message}`);
}

function wireHold(hold: Hold) {
  if (hold.kind === 'shares') return { ...hold, quantity: formatQuantity(hold.quantity) };
  return { kind: hold.kind, principal: moneyToWire(hold.principal), fee: moneyToWire(hold.fee) };
}
