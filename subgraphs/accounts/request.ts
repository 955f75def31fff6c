// From the wire to commands: exact numbers out of decimal strings, and a hash of each command's body. What does
// not fit is a mistake of the calling service, never the customer's, so it is BAD_REQUEST and stops there.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { PublicError } from '@simplebank/chassis';
import type { postFee, postTrade, reserveForOrder, WireMoney } from '@simplebank/contracts';
import {
  isCurrency,
  parseMoney,
  parsePrice,
  parseQuantity,
  type Money,
  type Price,
  type Quantity,
} from '@simplebank/money';
import type { Hold, Open, PostFee, PostTrade, Reserve } from './domain/command.ts';
import { isCash } from './domain/ledger-account.ts';

export type ReserveRequest = z.output<typeof reserveForOrder.request>;
export type PostTradeRequest = z.output<typeof postTrade.request>;
export type PostFeeRequest = z.output<typeof postFee.request>;

export function reserveCommand({ orderId, accountId, hold }: ReserveRequest): Reserve {
  return hashed({ type: 'reserve', orderId, accountId, hold: holdOf(hold) });
}

export function postTradeCommand({
  quantity,
  price,
  principal,
  symbol,
  ...rest
}: PostTradeRequest): PostTrade {
  return hashed({
    type: 'post-trade',
    ...rest,
    symbol: symbolOf(symbol),
    quantity: quantityOf(quantity),
    price: priceOf(price),
    principal: moneyOf(principal),
  });
}

export function postFeeCommand({ fee, ...rest }: PostFeeRequest): PostFee {
  return hashed({ type: 'post-fee', ...rest, fee: moneyOf(fee) });
}

export function openCommand(opening: { accountId: string; asset: string; amount: bigint }): Open {
  return hashed({ type: 'open', ...opening });
}

function holdOf(hold: ReserveRequest['hold']): Hold {
  if (hold.kind === 'shares') {
    return { kind: 'shares', symbol: symbolOf(hold.symbol), quantity: quantityOf(hold.quantity) };
  }
  const [principal, fee] = [moneyOf(hold.principal), moneyOf(hold.fee)];
  if (principal.currency !== fee.currency) throw badRequest('principal and fee must have one currency');
  return { kind: 'cash', principal, fee };
}

/** Cash and shares stand side by side in the ledger, so a symbol must not read as a currency. */
function symbolOf(symbol: string): string {
  if (symbol === '' || isCash(symbol)) throw badRequest(`"${symbol}" cannot be a symbol`);
  return symbol;
}

function quantityOf(text: string): Quantity {
  const parsed = parseQuantity(text);
  if (!parsed.ok || parsed.value <= 0n) throw badRequest(`"${text}" is not a quantity above zero`);
  return parsed.value;
}

function priceOf(text: string): Price {
  const parsed = parsePrice(text);
  if (!parsed.ok || parsed.value <= 0n) throw badRequest(`"${text}" is not a price above zero`);
  return parsed.value;
}

function moneyOf({ amount, currency }: WireMoney): Money {
  const parsed = isCurrency(currency) ? parseMoney(amount, currency) : undefined;
  if (!parsed?.ok || parsed.value.amount < 0n)
    throw badRequest(`"${amount} ${currency}" is not an amount of money`);
  return parsed.value;
}

function badRequest(message: string): PublicError {
  return new PublicError({ code: 'BAD_REQUEST', message });
}

/** Over parsed values, so that "10" and "10.0" are one body. */
function hashed<Body extends object>(body: Body): Body & { requestHash: string } {
  const text = JSON.stringify(sorted(body));
  return { ...body, requestHash: createHash('sha256').update(text).digest('base64url') };
}

/** Keys in one order, and bigints as text, at every depth. */
function sorted(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
