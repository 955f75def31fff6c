// Each command of the placing saga as a call to the service that owns the step, each answer as a reply that the order
// records. Commands may run twice; every receiver is idempotent by order or execution id. A refusal that should be
// impossible stops the saga, and an operator looks.
import { RequestRefused, type ServiceClient } from '@simplebank/chassis';
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
import { SagaStuck } from '@simplebank/saga';
import type { Instrument } from './domain/instrument.ts';
import { checkFacts } from './domain/order-checks.ts';
import type { SagaReply } from './domain/order-commands.ts';
import { holdFor, quoteOf, referencePrincipal } from './domain/order-estimate.ts';
import type { Hold, Rejection } from './domain/order-state.ts';
import type { DealTerms } from './domain/order-terms.ts';
import type { SagaCommand } from './domain/place-order-saga.ts';
import { priceText } from './event-codec.ts';
import type { World } from './world.ts';

/** A participant that has not answered by then is asked again, after the runner's backoff. */
export const stepTimeoutMs = 2_000;
const timeout = { timeoutMs: stepTimeoutMs };

type Command<K extends SagaCommand['kind']> = Extract<SagaCommand, { kind: K }>;

export interface Participants {
  readonly client: ServiceClient;
  /** With the patience of a step. */
  readonly world: World;
}

/** Why a command was not carried out; begins with the code that the order's page shows. */
export class StepFault extends Error {
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

export async function carryOut(participants: Participants, command: SagaCommand): Promise<SagaReply> {
  const { client } = participants;
  switch (command.kind) {
    case 'validate':
      return validate(participants, command);
    case 'quoteFee':
      return quoteFee(participants, command);
    case 'reserve':
      return reserve(participants, command);
    case 'route':
      return route(participants, command);
    case 'postTrade':
      return postTrade(participants, command);
    case 'chargeFee':
      return chargeFee(participants, command);
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
async function validate({ world }: Participants, { terms }: Command<'validate'>): Promise<SagaReply> {
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

async function quoteFee({ world }: Participants, { terms }: Command<'quoteFee'>): Promise<SagaReply> {
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

async function reserve(
  { client, world }: Participants,
  { terms, quote }: Command<'reserve'>,
): Promise<SagaReply> {
  const hold = holdFor(terms, quote, await tickFor(world, terms));
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
async function tickFor(world: World, { symbol, side, orderType }: DealTerms): Promise<Price> {
  if (side === 'SELL' || orderType === 'LIMIT') return priceOf(1n);
  const instrument = await world.instrument(symbol);
  if (instrument === 'missing') throw new SagaStuck(`UNKNOWN_SYMBOL: ${symbol} is no instrument any more`);
  return instrument.tickSize;
}

async function route(
  { client }: Participants,
  { kind: _kind, quantity, limitPrice, ...deal }: Command<'route'>,
): Promise<SagaReply> {
  const body = { ...deal, quantity: formatQuantity(quantity), limitPrice: priceText(limitPrice) };
  mustBe('accepted', await client.call(contracts.routeOrder, body, timeout));
  return { kind: 'routed' };
}

async function postTrade(
  { client }: Participants,
  { kind: _kind, ...command }: Command<'postTrade'>,
): Promise<SagaReply> {
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
async function chargeFee(
  { client }: Participants,
  { kind: _kind, cap, ...command }: Command<'chargeFee'>,
): Promise<SagaReply> {
  const { executionId, orderId, accountId, side, executedAt } = command;
  const quantity = formatQuantity(command.quantity);
  const amounts = { quantity, principal: moneyToWire(command.principal), cap: moneyToWire(cap) };
  const ids = { executionId, orderId, accountId, side };
  const charge = await client.call(contracts.chargeFee, { ...ids, executedAt, ...amounts }, timeout);
  if (charge.outcome === 'rejected') throw unexpected(charge.rejection);
  mustBe('posted', await client.call(contracts.postFee, { ...ids, fee: charge.total }, timeout));
  return { kind: 'feeCharged', executionId, total: moneyFromWire(charge.total) };
}

/** What a customer's order may be refused for; the ledger's other codes mean that something is broken. */
const expectedRefusals: ReadonlySet<string> = new Set([
  'INSUFFICIENT_SHARES',
  'INSUFFICIENT_CASH',
  'UNKNOWN_LEDGER_ACCOUNT',
]);

export function refused(rejection: Rejection): SagaReply {
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
