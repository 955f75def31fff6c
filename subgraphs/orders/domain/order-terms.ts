// What a customer asks for, read from input: the checks that need nobody's answer. They stand in the order in
// which they are reported; each line names its code of docs/errors.md.
import { parsePrice, parseQuantity } from '@simplebank/money';
import type { DecimalFault, Price, Quantity } from '@simplebank/money';

export type Side = 'BUY' | 'SELL';
export type OrderType = 'MARKET' | 'LIMIT';
export type TimeInForce = 'DAY' | 'IOC';

/** What is to be traded, whoever asks: a preview has no more than this. */
export interface DealTerms {
  readonly symbol: string;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly quantity: Quantity;
  /** Null for a market order. */
  readonly limitPrice: Price | null;
}

export interface OrderTerms extends DealTerms {
  readonly id: string;
  readonly clientOrderId: string;
  readonly accountId: string;
  readonly customerId: string;
}

/** As it comes in: enums are already checked by GraphQL, numbers are text; no limit is null or undefined. */
export interface TermsInput extends Omit<DealTerms, 'quantity' | 'limitPrice'> {
  readonly quantity: unknown;
  readonly limitPrice?: unknown;
}

export type FormFault =
  | 'QUANTITY_NOT_A_NUMBER'
  | 'QUANTITY_TOO_PRECISE'
  | 'QUANTITY_TOO_LARGE'
  | 'QUANTITY_NOT_POSITIVE'
  | 'LIMIT_PRICE_REQUIRED'
  | 'LIMIT_PRICE_NOT_ALLOWED'
  | 'PRICE_NOT_A_NUMBER'
  | 'PRICE_TOO_PRECISE'
  | 'PRICE_TOO_LARGE'
  | 'PRICE_NOT_POSITIVE';

export type Checked<T, Fault> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: Fault };

/** 1 to 64 printable ASCII characters, because the id travels in logs and in FIX fields. */
const clientOrderIdPattern = /^[\x20-\x7e]{1,64}$/;

const quantityFaults: Readonly<Record<DecimalFault, FormFault>> = {
  NOT_A_NUMBER: 'QUANTITY_NOT_A_NUMBER',
  TOO_PRECISE: 'QUANTITY_TOO_PRECISE',
  TOO_LARGE: 'QUANTITY_TOO_LARGE',
};
const priceFaults: Readonly<Record<DecimalFault, FormFault>> = {
  NOT_A_NUMBER: 'PRICE_NOT_A_NUMBER',
  TOO_PRECISE: 'PRICE_TOO_PRECISE',
  TOO_LARGE: 'PRICE_TOO_LARGE',
};

export function checkClientOrderId(text: string): 'CLIENT_ORDER_ID_INVALID' | undefined {
  return clientOrderIdPattern.test(text) ? undefined : 'CLIENT_ORDER_ID_INVALID';
}

/** Precedence: quantity, whether there is a limit, the limit. */
export function parseTerms(input: TermsInput): Checked<DealTerms, FormFault> {
  const { symbol, side, orderType, timeInForce } = input;
  const quantity = parseQuantity(input.quantity);
  if (!quantity.ok) return { ok: false, code: quantityFaults[quantity.reason] };
  if (quantity.value <= 0n) return { ok: false, code: 'QUANTITY_NOT_POSITIVE' };
  const terms = { symbol, side, orderType, timeInForce, quantity: quantity.value };

  const priced = input.limitPrice !== null && input.limitPrice !== undefined;
  if (orderType === 'LIMIT' && !priced) return { ok: false, code: 'LIMIT_PRICE_REQUIRED' };
  if (orderType === 'MARKET' && priced) return { ok: false, code: 'LIMIT_PRICE_NOT_ALLOWED' };
  if (!priced) return { ok: true, value: { ...terms, limitPrice: null } };

  const limit = parsePrice(input.limitPrice);
  if (!limit.ok) return { ok: false, code: priceFaults[limit.reason] };
  if (limit.value <= 0n) return { ok: false, code: 'PRICE_NOT_POSITIVE' };
  return { ok: true, value: { ...terms, limitPrice: limit.value } };
}

/** Whether two orders ask for the same trade for the same account: then one client order id may stand for both. */
export function sameDeal(one: OrderTerms, other: OrderTerms): boolean {
  return (
    one.clientOrderId === other.clientOrderId &&
    one.accountId === other.accountId &&
    one.symbol === other.symbol &&
    one.side === other.side &&
    one.orderType === other.orderType &&
    one.timeInForce === other.timeInForce &&
    one.quantity === other.quantity &&
    one.limitPrice === other.limitPrice
  );
}
