// The demo bank's opening balances, as transfers out of the house's opening accounts: each is made once, so
// starting again changes nothing.
import type { Logger } from '@simplebank/chassis';
import { demoCustomers } from '@simplebank/contracts';
import { moneyOf, quantity } from '@simplebank/money';
import { accountCurrency } from './domain/ledger-account.ts';
import type { Ledger } from './service.ts';

export async function seedDemo(ledger: Ledger, log: Logger): Promise<void> {
  const openings = demoCustomers
    .flatMap(({ accounts }) => accounts)
    .flatMap(({ id: accountId, cash, shares }) => [
      { accountId, asset: accountCurrency, amount: moneyOf(cash, accountCurrency).amount },
      ...Object.entries(shares).map(([asset, held]) => ({
        accountId,
        asset,
        amount: quantity(held) as bigint,
      })),
    ]);
  await Promise.all(
    openings.map(async (opening) => {
      const answer = await ledger.open(opening);
      // The demo bank of the code has changed since this database was seeded: what was given stays given.
      if (answer.outcome === 'rejected') {
        const { accountId, asset } = opening;
        log.warn(
          { accountId, asset, code: answer.rejection.code },
          'opening balance differs from the demo bank',
        );
      }
    }),
  );
}
