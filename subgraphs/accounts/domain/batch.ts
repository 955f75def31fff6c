// Judges many commands one after the other on one reading of the ledger, and collects what has to be written.
// Each command sees what the ones before it did, so a batch has the results of its commands sent one by one.
// The reading is exact because its rows stay locked until the writing is committed.
import type { Command, Result } from './command.ts';
import { decide, type Done, type LedgerView } from './decide.ts';
import type { Balance, LedgerAccount } from './ledger-account.ts';
import type { RecordedTransfer, Resolution, Trade, Transfer } from './transfer.ts';

/** What a batch's reach holds at its start. */
export interface LedgerReading {
  readonly balances: ReadonlyMap<string, Balance>;
  readonly transfers: readonly RecordedTransfer[];
  readonly releasedOrderIds: readonly string[];
}

/** What a batch adds, as sets. */
export interface LedgerChanges {
  readonly transfers: readonly Transfer[];
  readonly trades: readonly Trade[];
  readonly resolutions: readonly Resolution[];
  readonly releasedOrderIds: readonly string[];
  /** Ledger accounts that did not exist, with what they hold after the batch. */
  readonly opened: readonly (LedgerAccount & Balance)[];
  /** By how much the balances of existing ledger accounts change. */
  readonly deltas: readonly ({ readonly id: string } & Balance)[];
}

export interface JudgedBatch {
  /** One for each command, in their order. */
  readonly results: readonly Result[];
  readonly changes: LedgerChanges;
}

export function judgeBatch(reading: LedgerReading, commands: readonly Command[]): JudgedBatch {
  const ledger = new WorkingLedger(reading);
  const results = commands.map((command) => {
    const decision = decide(ledger, command);
    if (decision.code === 'DONE') ledger.apply(decision);
    return decision.code;
  });
  return { results, changes: ledger.changes() };
}

class WorkingLedger implements LedgerView {
  readonly #before: ReadonlyMap<string, Balance>;
  readonly #deltas = new Map<string, Balance>();
  readonly #opened = new Map<string, LedgerAccount>();
  readonly #known: Map<string, RecordedTransfer>;
  readonly #released: Set<string>;
  readonly #newTransfers: Transfer[] = [];
  readonly #newTrades: Trade[] = [];
  readonly #newResolutions: Resolution[] = [];
  readonly #newlyReleased: string[] = [];

  constructor({ balances, transfers, releasedOrderIds }: LedgerReading) {
    this.#before = balances;
    this.#known = new Map(transfers.map((transfer) => [transfer.id, transfer]));
    this.#released = new Set(releasedOrderIds);
  }

  balance(id: string): Balance | undefined {
    const before = this.#before.get(id);
    const delta = this.#deltas.get(id);
    if (before === undefined || delta === undefined) return before ?? delta;
    return { posted: before.posted + delta.posted, reserved: before.reserved + delta.reserved };
  }

  transfer(id: string): RecordedTransfer | undefined {
    return this.#known.get(id);
  }

  isReleased(orderId: string): boolean {
    return this.#released.has(orderId);
  }

  apply({ transfers, trade, resolutions, releasedOrderId }: Done): void {
    for (const transfer of transfers) this.#add(transfer);
    if (trade !== undefined) this.#newTrades.push(trade);
    for (const resolution of resolutions) {
      this.#newResolutions.push(resolution);
      this.#change(resolution.debitId, { posted: 0n, reserved: -resolution.voided });
    }
    if (releasedOrderId === undefined) return;
    this.#released.add(releasedOrderId);
    this.#newlyReleased.push(releasedOrderId);
  }

  changes(): LedgerChanges {
    const deltas = [...this.#deltas].map(([id, delta]) => ({ id, ...delta }));
    return {
      transfers: this.#newTransfers,
      trades: this.#newTrades,
      resolutions: this.#newResolutions,
      releasedOrderIds: this.#newlyReleased,
      opened: deltas.flatMap((delta) => {
        const account = this.#opened.get(delta.id);
        return account === undefined ? [] : [{ ...account, ...delta }];
      }),
      deltas: deltas.filter(
        ({ id, posted, reserved }) => !this.#opened.has(id) && (posted !== 0n || reserved !== 0n),
      ),
    };
  }

  #add(transfer: Transfer): void {
    const { id, requestHash, movement, debit, credit, orderId, amount } = transfer;
    this.#newTransfers.push(transfer);
    this.#known.set(id, {
      id,
      requestHash,
      phase: movement.phase,
      debitId: debit.id,
      creditId: credit.id,
      orderId,
      amount,
      postedParts: 0n,
    });
    this.#open(debit);
    this.#open(credit);
    switch (movement.phase) {
      case 'pending':
        this.#change(debit.id, { posted: 0n, reserved: amount });
        return;
      case 'part': {
        const pending = this.#known.get(movement.pendingId);
        if (pending === undefined)
          throw new Error(`transfer ${id} is part of ${movement.pendingId}, which is not there`);
        this.#known.set(pending.id, { ...pending, postedParts: pending.postedParts + amount });
        this.#change(debit.id, { posted: -amount, reserved: -amount });
        this.#change(credit.id, { posted: amount, reserved: 0n });
        return;
      }
      case 'direct':
        this.#change(debit.id, { posted: -amount, reserved: 0n });
        this.#change(credit.id, { posted: amount, reserved: 0n });
    }
  }

  #open(account: LedgerAccount): void {
    if (this.#before.has(account.id) || this.#opened.has(account.id)) return;
    this.#opened.set(account.id, account);
    this.#deltas.set(account.id, { posted: 0n, reserved: 0n });
  }

  #change(id: string, { posted, reserved }: Balance): void {
    const sum = this.#deltas.get(id) ?? { posted: 0n, reserved: 0n };
    this.#deltas.set(id, { posted: sum.posted + posted, reserved: sum.reserved + reserved });
  }
}
