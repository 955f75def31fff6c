// A ledger on a database of its own for one test, and the requests that tests send to it.
import { testDatabase } from '@simplebank/testkit';
import type { Database } from '@simplebank/chassis';
import { parseMoney, quantity } from '@simplebank/money';
import type { PostFeeRequest, PostTradeRequest, ReserveRequest } from './request.ts';
import { createLedger, type Ledger } from './service.ts';
import { createStore } from './store.ts';

export interface LedgerUnderTest extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly database: Database;
  /** For connections of the test's own, as administrator. */
  readonly url: string;
}

/** Opens the accounts that the test names, such as { 'acc-1': { USD: '100.00', ACME: '10' } }. */
export async function openLedger(
  accounts: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  onStatement?: (name: string) => void,
): Promise<LedgerUnderTest> {
  const test = await testDatabase({
    migrations: [{ name: 'accounts', folder: new URL('./migrations/', import.meta.url) }],
    service: 'accounts',
    ...(onStatement === undefined ? {} : { onStatement }),
  });
  const ledger = createLedger(createStore(test.db));
  for (const [accountId, holdings] of Object.entries(accounts)) {
    for (const [asset, amount] of Object.entries(holdings)) {
      const cash = parseMoney(amount, 'USD');
      await ledger.open({
        accountId,
        asset,
        amount: asset === 'USD' && cash.ok ? cash.value.amount : quantity(amount),
      });
    }
  }
  return {
    ledger,
    database: test.db,
    url: test.url,
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

export function sell(orderId: string, shares: string, given: Partial<ReserveRequest> = {}): ReserveRequest {
  return {
    orderId,
    accountId: 'acc-1',
    hold: { kind: 'shares', symbol: 'ACME', quantity: shares },
    ...given,
  };
}

export function buy(
  orderId: string,
  principal: string,
  fee: string,
  given: Partial<ReserveRequest> = {},
): ReserveRequest {
  return {
    orderId,
    accountId: 'acc-1',
    hold: { kind: 'cash', principal: usd(principal), fee: usd(fee) },
    ...given,
  };
}

export function trade(
  executionId: string,
  orderId: string,
  side: 'BUY' | 'SELL',
  shares: string,
  principal: string,
  given: Partial<PostTradeRequest> = {},
): PostTradeRequest {
  return {
    executionId,
    orderId,
    accountId: 'acc-1',
    side,
    symbol: 'ACME',
    quantity: shares,
    price: '10.00',
    principal: usd(principal),
    executedAt: '2026-11-23T15:00:00.000Z',
    ...given,
  };
}

export function charge(
  executionId: string,
  orderId: string,
  side: 'BUY' | 'SELL',
  amount: string,
  given: Partial<PostFeeRequest> = {},
): PostFeeRequest {
  return { executionId, orderId, accountId: 'acc-1', side, fee: usd(amount), ...given };
}

function usd(amount: string) {
  return { amount, currency: 'USD' };
}

/** The outcome, or the rejection's code. */
export async function codeOf(
  answer: Promise<
    { outcome: string; rejection?: { code: string } } | { outcome: 'rejected'; rejection: { code: string } }
  >,
): Promise<string> {
  const { outcome, rejection } = await answer;
  return rejection?.code ?? outcome;
}
