// What the ledger can be told to do, what it answers, and what each command reaches: the rows that are locked
// and read before it is judged.
import type { Money, Price, Quantity } from '@simplebank/money';
import {
  accountCurrency,
  clearingAccount,
  customerAccount,
  feesAccount,
  openingAccount,
  type LedgerAccount,
} from './ledger-account.ts';
import { feeId, openingId, proceedsId, purposes, reservationId, tradeId } from './transfer.ts';

export type Hold =
  | { readonly kind: 'shares'; readonly symbol: string; readonly quantity: Quantity }
  | { readonly kind: 'cash'; readonly principal: Money; readonly fee: Money };

interface Identified {
  /** The same for the same body, so that an id that comes again with another body is found out. */
  readonly requestHash: string;
  readonly accountId: string;
}

interface OfExecution extends Identified {
  readonly executionId: string;
  readonly orderId: string;
  readonly side: 'BUY' | 'SELL';
}

export interface Open extends Identified {
  readonly type: 'open';
  readonly asset: string;
  readonly amount: bigint;
}

export interface Reserve extends Identified {
  readonly type: 'reserve';
  readonly orderId: string;
  readonly hold: Hold;
}

export interface PostTrade extends OfExecution {
  readonly type: 'post-trade';
  readonly symbol: string;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly principal: Money;
  /** ISO 8601. */
  readonly executedAt: string;
}

export interface PostFee extends OfExecution {
  readonly type: 'post-fee';
  readonly fee: Money;
}

export interface Release {
  readonly type: 'release';
  readonly orderId: string;
}

export type Command = Open | Reserve | PostTrade | PostFee | Release;

export type RejectionCode =
  | 'TRANSFER_ID_REUSED'
  | 'UNKNOWN_LEDGER_ACCOUNT'
  | 'UNKNOWN_RESERVATION'
  | 'RESERVATION_RESOLVED'
  | 'RESERVATION_EXCEEDED'
  | 'INSUFFICIENT_SHARES'
  | 'INSUFFICIENT_CASH';

export type Result = 'DONE' | RejectionCode;

export interface Reach {
  /** Commands that share one of these wait for one another, also those of other processes. */
  readonly lockKeys: readonly string[];
  readonly transferIds: readonly string[];
  readonly orderIds: readonly string[];
  readonly ledgerAccountIds: readonly string[];
}

/** What a batch of commands has to lock and read. */
export function reachOf(commands: readonly Command[]): Reach {
  const lockKeys = new Set<string>();
  const transferIds = new Set<string>();
  const orderIds = new Set<string>();
  const ledgerAccountIds = new Set<string>();
  for (const command of commands) {
    for (const { id } of accountsOf(command)) {
      ledgerAccountIds.add(id);
      // A row that is not there yet cannot be locked, and two batches that open it would deadlock; a key can.
      lockKeys.add(id);
    }
    if (command.type === 'open') {
      const id = openingId(command.accountId, command.asset);
      lockKeys.add(id);
      transferIds.add(id);
      continue;
    }
    orderIds.add(command.orderId);
    lockKeys.add(`order:${command.orderId}`);
    for (const purpose of purposes) transferIds.add(reservationId(command.orderId, purpose));
    if (command.type === 'post-trade' || command.type === 'post-fee') {
      lockKeys.add(`execution:${command.executionId}`);
      transferIds.add(tradeId(command.executionId, 'shares'));
      transferIds.add(proceedsId(command.executionId));
      transferIds.add(feeId(command.executionId));
    }
  }
  return {
    lockKeys: [...lockKeys],
    transferIds: [...transferIds],
    orderIds: [...orderIds],
    ledgerAccountIds: [...ledgerAccountIds],
  };
}

/** The ledger accounts that a command may debit or credit; a release finds its own by the order. */
function accountsOf(command: Command): LedgerAccount[] {
  switch (command.type) {
    case 'open':
      return [customerAccount(command.accountId, command.asset), openingAccount(command.asset)];
    case 'reserve': {
      const cash = customerAccount(command.accountId, accountCurrency);
      const { hold } = command;
      if (hold.kind === 'cash') {
        const { currency } = hold.principal;
        return [
          cash,
          customerAccount(command.accountId, currency),
          clearingAccount(currency),
          feesAccount(currency),
        ];
      }
      return [cash, customerAccount(command.accountId, hold.symbol), clearingAccount(hold.symbol)];
    }
    case 'post-trade':
      return [command.symbol, command.principal.currency]
        .flatMap((asset) => [customerAccount(command.accountId, asset), clearingAccount(asset)])
        .concat(feesAccount(command.principal.currency));
    case 'post-fee': {
      const { currency } = command.fee;
      return [customerAccount(command.accountId, currency), feesAccount(currency)];
    }
    case 'release':
      return [];
  }
}
