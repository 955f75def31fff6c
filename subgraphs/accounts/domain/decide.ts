// Judges one command against the ledger. The checks of each command stand in one order, idempotency first:
//
//   1. the same command was done before     → DONE again, or TRANSFER_ID_REUSED when its body differs
//   2. the order's reservation has ended    → RESERVATION_RESOLVED
//   3. there is no such reservation         → UNKNOWN_RESERVATION
//   4. a ledger account is missing          → UNKNOWN_LEDGER_ACCOUNT
//   5. there is not enough                  → RESERVATION_EXCEEDED, INSUFFICIENT_SHARES, INSUFFICIENT_CASH
//
// A command skips what does not concern it. What passes them all must succeed.
import type { Open, PostFee, PostTrade, RejectionCode, Release, Reserve, Command } from './command.ts';
import {
  accountCurrency,
  available,
  clearingAccount,
  customerAccount,
  feesAccount,
  openingAccount,
  type Balance,
  type LedgerAccount,
} from './ledger-account.ts';
import {
  feeId,
  openingId,
  proceedsId,
  purposes,
  reservationId,
  restOf,
  tradeId,
  type Purpose,
  type RecordedTransfer,
  type Resolution,
  type Trade,
  type Transfer,
} from './transfer.ts';

/** What the ledger says at this moment, earlier commands of the batch included. */
export interface LedgerView {
  balance(ledgerAccountId: string): Balance | undefined;
  transfer(id: string): RecordedTransfer | undefined;
  isReleased(orderId: string): boolean;
}

export interface Done {
  readonly code: 'DONE';
  readonly transfers: readonly Transfer[];
  readonly resolutions: readonly Resolution[];
  readonly trade?: Trade;
  readonly releasedOrderId?: string;
}

export type Decision = Done | { readonly code: RejectionCode };

const nothingMoreToDo: Done = { code: 'DONE', transfers: [], resolutions: [] };

export function decide(ledger: LedgerView, command: Command): Decision {
  switch (command.type) {
    case 'open':
      return decideOpen(ledger, command);
    case 'reserve':
      return decideReserve(ledger, command);
    case 'post-trade':
      return decidePostTrade(ledger, command);
    case 'post-fee':
      return decidePostFee(ledger, command);
    case 'release':
      return decideRelease(ledger, command);
  }
}

function decideOpen(ledger: LedgerView, { requestHash, accountId, asset, amount }: Open): Decision {
  const id = openingId(accountId, asset);
  const before = ledger.transfer(id);
  if (before !== undefined) return repeated(before, requestHash);

  const [debit, credit] = [openingAccount(asset), customerAccount(accountId, asset)];
  const movement = { phase: 'direct' } as const;
  return done([
    { id, requestHash, kind: 'OPENING', movement, debit, credit, amount, orderId: null, executionId: null },
  ]);
}

function decideReserve(ledger: LedgerView, command: Reserve): Decision {
  const { orderId, accountId, hold, requestHash } = command;
  const before = reservationsOf(ledger, orderId)[0];
  if (before !== undefined) return repeated(before, requestHash);
  if (ledger.isReleased(orderId)) return { code: 'RESERVATION_RESOLVED' };

  const currency = hold.kind === 'cash' ? hold.principal.currency : accountCurrency;
  const cash = customerAccount(accountId, currency);
  const cashBalance = ledger.balance(cash.id);
  if (cashBalance === undefined) return { code: 'UNKNOWN_LEDGER_ACCOUNT' };

  const pending = (
    purpose: Purpose,
    debit: LedgerAccount,
    credit: LedgerAccount,
    amount: bigint,
  ): Transfer => ({
    id: reservationId(orderId, purpose),
    requestHash,
    kind: purpose === 'fee' ? 'FEE' : 'TRADE',
    movement: { phase: 'pending' },
    debit,
    credit,
    amount,
    orderId,
    executionId: null,
  });
  if (hold.kind === 'shares') {
    const shares = customerAccount(accountId, hold.symbol);
    const held = ledger.balance(shares.id);
    if (held === undefined || available(held) < hold.quantity) return { code: 'INSUFFICIENT_SHARES' };
    return done([pending('shares', shares, clearingAccount(hold.symbol), hold.quantity)]);
  }
  const { principal, fee } = hold;
  if (available(cashBalance) < principal.amount + fee.amount) return { code: 'INSUFFICIENT_CASH' };
  return done([
    pending('principal', cash, clearingAccount(currency), principal.amount),
    pending('fee', cash, feesAccount(currency), fee.amount),
  ]);
}

/**
 * Both legs or none: the giving side out of the reservation, the receiving side at once. What a sell brings in is
 * held until its fee is taken, so that no other order spends what the fee needs.
 */
function decidePostTrade(ledger: LedgerView, command: PostTrade): Decision {
  const { type: _type, requestHash, ...trade } = command;
  const { executionId, orderId, accountId, side, symbol, quantity, principal } = trade;
  const sharesId = tradeId(executionId, 'shares');
  const before = ledger.transfer(sharesId);
  if (before !== undefined) return repeated(before, requestHash);
  if (ledger.isReleased(orderId)) return { code: 'RESERVATION_RESOLVED' };

  const { currency } = principal;
  const [ownShares, ownCash] = [customerAccount(accountId, symbol), customerAccount(accountId, currency)];
  const reserved = ledger.transfer(reservationId(orderId, side === 'SELL' ? 'shares' : 'principal'));
  if (reserved?.debitId !== (side === 'SELL' ? ownShares : ownCash).id)
    return { code: 'UNKNOWN_RESERVATION' };
  // A buyer's first shares of an instrument open a ledger account; cash has to have one.
  if (ledger.balance(ownCash.id) === undefined) return { code: 'UNKNOWN_LEDGER_ACCOUNT' };
  if (restOf(reserved) < (side === 'SELL' ? quantity : principal.amount))
    return { code: 'RESERVATION_EXCEEDED' };

  const linked = { requestHash, orderId, executionId };
  const shares = { ...linked, id: sharesId, kind: 'TRADE', amount: quantity as bigint } as const;
  const cash = {
    ...linked,
    id: tradeId(executionId, 'cash'),
    kind: 'TRADE',
    amount: principal.amount,
  } as const;
  const part = { phase: 'part', pendingId: reserved.id } as const;
  const direct = { phase: 'direct' } as const;
  const transfers: Transfer[] =
    side === 'BUY'
      ? [
          { ...cash, movement: part, debit: ownCash, credit: clearingAccount(currency) },
          { ...shares, movement: direct, debit: clearingAccount(symbol), credit: ownShares },
        ]
      : [
          { ...shares, movement: part, debit: ownShares, credit: clearingAccount(symbol) },
          { ...cash, movement: direct, debit: clearingAccount(currency), credit: ownCash },
          {
            ...linked,
            id: proceedsId(executionId),
            kind: 'FEE',
            movement: { phase: 'pending' },
            debit: ownCash,
            credit: feesAccount(currency),
            amount: principal.amount,
          },
        ];
  return { ...done(transfers), trade };
}

/** A buy pays out of its order's ceiling, a sell out of the execution's own proceeds, whose rest is then free. */
function decidePostFee(ledger: LedgerView, command: PostFee): Decision {
  const { executionId, orderId, accountId, side, fee, requestHash } = command;
  const id = feeId(executionId);
  const before = ledger.transfer(id);
  if (before !== undefined) return repeated(before, requestHash);
  // The proceeds of a sell outlive the order's own reservation.
  if (side === 'BUY' && ledger.isReleased(orderId)) return { code: 'RESERVATION_RESOLVED' };

  const [debit, credit] = [customerAccount(accountId, fee.currency), feesAccount(fee.currency)];
  const isPosted = ledger.transfer(tradeId(executionId, 'shares'))?.orderId === orderId;
  const reserved = ledger.transfer(side === 'BUY' ? reservationId(orderId, 'fee') : proceedsId(executionId));
  if (!isPosted || reserved?.debitId !== debit.id) return { code: 'UNKNOWN_RESERVATION' };
  const rest = restOf(reserved) - fee.amount;
  if (rest < 0n) return { code: 'RESERVATION_EXCEEDED' };

  const movement = { phase: 'part', pendingId: reserved.id } as const;
  const charge: Transfer = {
    id,
    requestHash,
    kind: 'FEE',
    movement,
    debit,
    credit,
    amount: fee.amount,
    orderId,
    executionId,
  };
  if (side === 'BUY') return done([charge]);
  return { ...done([charge]), resolutions: [{ pendingId: reserved.id, debitId: debit.id, voided: rest }] };
}

/** Also when nothing was reserved: a reservation that is still on its way then comes too late. */
function decideRelease(ledger: LedgerView, { orderId }: Release): Decision {
  if (ledger.isReleased(orderId)) return nothingMoreToDo;
  const resolutions = reservationsOf(ledger, orderId).map((reserved) => ({
    pendingId: reserved.id,
    debitId: reserved.debitId,
    voided: restOf(reserved),
  }));
  return { code: 'DONE', transfers: [], resolutions, releasedOrderId: orderId };
}

function reservationsOf(ledger: LedgerView, orderId: string): RecordedTransfer[] {
  return purposes
    .map((purpose) => ledger.transfer(reservationId(orderId, purpose)))
    .filter((transfer) => transfer !== undefined);
}

function repeated(before: RecordedTransfer, requestHash: string): Decision {
  return before.requestHash === requestHash ? nothingMoreToDo : { code: 'TRANSFER_ID_REUSED' };
}

function done(transfers: readonly Transfer[]): Done {
  return { code: 'DONE', transfers, resolutions: [] };
}
