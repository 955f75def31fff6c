// What a customer sees of the ledger: what an account holds, and its side of each posted transfer.
import type { Balance } from './ledger-account.ts';
import type { TransferKind } from './transfer.ts';

/** A customer's ledger account. */
export interface Holding extends Balance {
  readonly accountId: string;
  /** A currency code or a symbol. */
  readonly asset: string;
}

/** A customer's side of a posted transfer. */
export interface Entry {
  /** Its place in the ledger: a later entry of the same account has a greater one. */
  readonly sequence: bigint;
  readonly accountId: string;
  readonly kind: TransferKind;
  readonly asset: string;
  /** Signed: negative when the account gave. */
  readonly amount: bigint;
  /** Null for an opening balance. */
  readonly orderId: string | null;
  readonly executionId: string | null;
  readonly createdAt: Date;
}

/** What the ledger posted for an order, and whose order it is; null when the ledger never heard of it. */
export interface OrderEntries {
  readonly orderId: string;
  readonly accountId: string | null;
  /** Oldest first. */
  readonly entries: readonly Entry[];
}

/** Entries of one account, newest first, older than a place in the ledger. */
export interface EntriesWanted {
  readonly accountId: string;
  readonly before: bigint | null;
  readonly limit: number;
}
