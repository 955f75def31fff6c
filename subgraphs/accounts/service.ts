// The ledger as the rest of the bank sees it: commands gathered into batches and judged by the domain, and what
// an account has left.
import type { z } from 'zod';
import { errorCodes, type getAvailability, type WireRejection } from '@simplebank/contracts';
import { formatQuantity, money, moneyToWire, quantityOf } from '@simplebank/money';
import { judgeBatch } from './domain/batch.ts';
import { reachOf, type Command, type Result } from './domain/command.ts';
import { accountCurrency, available } from './domain/ledger-account.ts';
import { createGroupCommit } from './group-commit.ts';
import {
  openCommand,
  postFeeCommand,
  postTradeCommand,
  reserveCommand,
  type PostFeeRequest,
  type PostTradeRequest,
  type ReserveRequest,
} from './request.ts';
import type { LedgerStore } from './store.ts';

interface Rejected {
  readonly outcome: 'rejected';
  readonly rejection: WireRejection;
}

type Answer<Outcome extends string> = { readonly outcome: Outcome } | Rejected;

/** Commands are idempotent. A throw is a fault (nothing is known) or BAD_REQUEST (nothing was done). */
export interface Ledger {
  reserve(request: ReserveRequest): Promise<Answer<'reserved'>>;
  postTrade(request: PostTradeRequest): Promise<Answer<'posted'>>;
  postFee(request: PostFeeRequest): Promise<Answer<'posted'>>;
  release(request: { orderId: string }): Promise<{ readonly outcome: 'released' }>;
  /** Gives an account its first balance of an asset, in its smallest units; opens it also with 0. */
  open(opening: { accountId: string; asset: string; amount: bigint }): Promise<Answer<'opened'>>;
  availability(request: {
    accountId: string;
    symbol: string;
  }): Promise<z.input<typeof getAvailability.response>>;
}

export function createLedger(store: LedgerStore): Ledger {
  const batches = createGroupCommit((commands: readonly Command[]): Promise<readonly Result[]> =>
    store.runBatch(reachOf(commands), (reading) => judgeBatch(reading, commands)),
  );

  async function answer<const Outcome extends string>(
    command: Command,
    outcome: Outcome,
  ): Promise<Answer<Outcome>> {
    const code = await batches.submit(command);
    if (code === 'DONE') return { outcome };
    return { outcome: 'rejected', rejection: { code, message: errorCodes[code].message } };
  }

  return {
    // Each is async, so that a body that does not fit rejects the promise like everything else.
    reserve: async (request) => answer(reserveCommand(request), 'reserved'),
    postTrade: async (request) => answer(postTradeCommand(request), 'posted'),
    postFee: async (request) => answer(postFeeCommand(request), 'posted'),
    open: async (opening) => answer(openCommand(opening), 'opened'),

    async release({ orderId }) {
      const code = await batches.submit({ type: 'release', orderId });
      if (code !== 'DONE') throw new Error(`releasing order ${orderId} was refused with ${code}`);
      return { outcome: 'released' };
    },

    async availability({ accountId, symbol }) {
      const holdings = await store.holdings([accountId]);
      const left = (wanted: string): bigint => {
        const holding = holdings.find(({ asset }) => asset === wanted);
        return holding === undefined ? 0n : available(holding);
      };
      return {
        cash: moneyToWire(money(left(accountCurrency), accountCurrency)),
        shares: formatQuantity(quantityOf(left(symbol))),
      };
    },
  };
}
