// The accounts of the ledger: one for each customer's account and asset, and the house's own. An asset is a
// currency code (cash, in minor units) or a symbol (shares, in units of 1e-9 share).
import { isCurrency, type Currency } from '@simplebank/money';

export type LedgerAccountKind = 'customer' | 'clearing' | 'fees' | 'opening';

export interface LedgerAccount {
  readonly id: string;
  readonly kind: LedgerAccountKind;
  /** The customer's account; null for the house's. */
  readonly accountId: string | null;
  readonly asset: string;
}

/** What a ledger account holds. Never negative for customers: posted − reserved, what is available. */
export interface Balance {
  readonly posted: bigint;
  /** Set aside by pending transfers. */
  readonly reserved: bigint;
}

/** Customers' accounts are kept in one currency. */
export const accountCurrency = 'USD' satisfies Currency;

export function customerAccount(accountId: string, asset: string): LedgerAccount {
  return { id: `customer:${accountId}:${asset}`, kind: 'customer', accountId, asset };
}

/** The counterparty of every trade: what the bank owes to, or has from, the exchange. */
export function clearingAccount(asset: string): LedgerAccount {
  return houseAccount('clearing', asset);
}

/** The bank's income. */
export function feesAccount(currency: Currency): LedgerAccount {
  return houseAccount('fees', currency);
}

/** Where seeded balances come from; it stays below zero by what was given. */
export function openingAccount(asset: string): LedgerAccount {
  return houseAccount('opening', asset);
}

export function isCash(asset: string): asset is Currency {
  return isCurrency(asset);
}

export function available({ posted, reserved }: Balance): bigint {
  return posted - reserved;
}

function houseAccount(kind: LedgerAccountKind, asset: string): LedgerAccount {
  return { id: `${kind}:${asset}`, kind, accountId: null, asset };
}
