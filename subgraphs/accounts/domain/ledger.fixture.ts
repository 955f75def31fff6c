// A ledger in memory for tests of the domain, and the commands that they send to it.
import { moneyOf, price, quantity, type Currency } from '@simplebank/money';
import { judgeBatch, type LedgerReading } from './batch.ts';
import type { Command, Hold, Open, PostFee, PostTrade, Release, Reserve, Result } from './command.ts';
import type { Balance } from './ledger-account.ts';
import type { RecordedTransfer } from './transfer.ts';

export class MemoryLedger {
  readonly balances = new Map<string, Balance>();
  readonly #transfers = new Map<string, RecordedTransfer>();
  readonly #released = new Set<string>();

  /** One batch. */
  run(...commands: readonly Command[]): readonly Result[] {
    const { results, changes } = judgeBatch(this.#reading(), commands);
    for (const { id, posted, reserved } of [...changes.opened, ...changes.deltas]) {
      const before = this.balances.get(id) ?? { posted: 0n, reserved: 0n };
      this.balances.set(id, { posted: before.posted + posted, reserved: before.reserved + reserved });
    }
    for (const { id, requestHash, movement, debit, credit, orderId, amount } of changes.transfers) {
      const { phase } = movement;
      const [debitId, creditId] = [debit.id, credit.id];
      this.#transfers.set(id, {
        id,
        requestHash,
        phase,
        debitId,
        creditId,
        orderId,
        amount,
        postedParts: 0n,
      });
      if (movement.phase !== 'part') continue;
      const pending = this.#transfers.get(movement.pendingId);
      if (pending === undefined) throw new Error(`no pending transfer ${movement.pendingId}`);
      this.#transfers.set(pending.id, { ...pending, postedParts: pending.postedParts + amount });
    }
    for (const orderId of changes.releasedOrderIds) this.#released.add(orderId);
    return results;
  }

  #reading(): LedgerReading {
    return {
      balances: this.balances,
      transfers: [...this.#transfers.values()],
      releasedOrderIds: [...this.#released],
    };
  }
}

export function usd(amount: string, currency: Currency = 'USD') {
  return moneyOf(amount, currency);
}

export function open(asset: string, amount: bigint, given: Partial<Open> = {}): Open {
  return hashed({ type: 'open', requestHash: '', accountId: 'acc-1', asset, amount, ...given });
}

export function reserve(orderId: string, hold: Hold, given: Partial<Reserve> = {}): Reserve {
  return hashed({ type: 'reserve', requestHash: '', orderId, accountId: 'acc-1', hold, ...given });
}

export function shares(count: string, symbol = 'ACME'): Hold {
  return { kind: 'shares', symbol, quantity: quantity(count) };
}

export function cash(principal: string, fee: string): Hold {
  return { kind: 'cash', principal: usd(principal), fee: usd(fee) };
}

export function trade(executionId: string, orderId: string, given: Partial<PostTrade> = {}): PostTrade {
  return hashed({
    type: 'post-trade',
    requestHash: '',
    executionId,
    orderId,
    accountId: 'acc-1',
    side: 'SELL',
    symbol: 'ACME',
    quantity: quantity('10'),
    price: price('10.00'),
    principal: usd('100.00'),
    executedAt: '2026-11-23T15:00:00.000Z',
    ...given,
  });
}

export function charge(executionId: string, orderId: string, given: Partial<PostFee> = {}): PostFee {
  const accountId = 'acc-1';
  return hashed({
    type: 'post-fee',
    requestHash: '',
    executionId,
    orderId,
    accountId,
    side: 'SELL',
    fee: usd('1.00'),
    ...given,
  });
}

export function release(orderId: string): Release {
  return { type: 'release', orderId };
}

/** The body itself serves as its hash. */
function hashed<Body extends { requestHash: string }>(body: Body): Body {
  const text = JSON.stringify(body, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return { ...body, requestHash: text };
}
