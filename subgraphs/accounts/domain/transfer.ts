// A transfer moves an amount of one asset from one ledger account (debit) to another (credit). Its id is made by
// the client out of what caused it, so that a command that is sent again meets its own transfers.
import type { Money, Price, Quantity } from '@simplebank/money';
import type { LedgerAccount } from './ledger-account.ts';

export type TransferKind = 'OPENING' | 'TRADE' | 'FEE';

/** What of an order a pending transfer sets aside for. */
export const purposes = ['shares', 'principal', 'fee'] as const;
export type Purpose = (typeof purposes)[number];

export interface Transfer {
  readonly id: string;
  /** Of the whole command; linked transfers have the same. */
  readonly requestHash: string;
  readonly kind: TransferKind;
  readonly movement: Movement;
  readonly debit: LedgerAccount;
  readonly credit: LedgerAccount;
  readonly amount: bigint;
  readonly orderId: string | null;
  readonly executionId: string | null;
}

export type Movement =
  /** Sets the amount aside on the debit side until it is posted in parts and its rest voided. */
  | { readonly phase: 'pending' }
  | { readonly phase: 'part'; readonly pendingId: string }
  | { readonly phase: 'direct' };

/** A transfer as the ledger has it, with what later commands ask about it. */
export interface RecordedTransfer {
  readonly id: string;
  readonly requestHash: string;
  readonly phase: Movement['phase'];
  readonly debitId: string;
  readonly creditId: string;
  readonly orderId: string | null;
  readonly amount: bigint;
  /** The sum of its parts, when it is pending. */
  readonly postedParts: bigint;
}

/** What an execution was; its transfers carry its id. */
export interface Trade {
  readonly executionId: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly side: 'BUY' | 'SELL';
  readonly symbol: string;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly principal: Money;
  /** ISO 8601. */
  readonly executedAt: string;
}

/** The end of a pending transfer: its rest is given back to the debit side. */
export interface Resolution {
  readonly pendingId: string;
  readonly debitId: string;
  readonly voided: bigint;
}

export function restOf({ amount, postedParts }: RecordedTransfer): bigint {
  return amount - postedParts;
}

export function reservationId(orderId: string, purpose: Purpose): string {
  return `reserve:${orderId}:${purpose}`;
}

export function tradeId(executionId: string, leg: 'shares' | 'cash'): string {
  return `trade:${executionId}:${leg}`;
}

/** Of what a sell brought in, pending until the execution's fee is taken out of it. */
export function proceedsId(executionId: string): string {
  return `proceeds:${executionId}`;
}

export function feeId(executionId: string): string {
  return `fee:${executionId}`;
}

export function openingId(accountId: string, asset: string): string {
  return `opening:${accountId}:${asset}`;
}
