// The sums of the ledger, read from its database, and what an exchange's executions must have moved between two
// readings: not one cent and not one share is made or lost.
import { Client } from 'pg';
import { exact } from './exact.ts';
import type { ExchangeExecution } from './exchange-control.ts';

/** In the smallest units, by asset: a currency code or a symbol. */
type Sums = ReadonlyMap<string, bigint>;

export interface LedgerTotals {
  readonly customers: Sums;
  readonly fees: Sums;
  readonly clearing: Sums;
}

const currency = 'USD';

export async function readTotals(accountsDatabaseUrl: string): Promise<LedgerTotals> {
  const client = new Client({ connectionString: accountsDatabaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ kind: string; asset: string; posted: string }>(
      'select kind, asset, sum(posted)::text as posted from ledger_account group by kind, asset',
    );
    const sums = (wanted: string) =>
      new Map(
        rows.flatMap(({ kind, asset, posted }) =>
          kind === wanted ? [[asset, BigInt(posted)] as const] : [],
        ),
      );
    return { customers: sums('customer'), fees: sums('fees'), clearing: sums('clearing') };
  } finally {
    await client.end();
  }
}

/** What does not add up between two readings at rest, one line each; `executed` is what happened in between. */
export function unconserved(
  before: LedgerTotals,
  after: LedgerTotals,
  executed: readonly ExchangeExecution[],
): string[] {
  const problems: string[] = [];
  const assets = new Set([...before.customers.keys(), ...after.customers.keys(), ...after.clearing.keys()]);
  const moved = movedBy(executed);
  for (const asset of assets) {
    const change = (part: keyof LedgerTotals) =>
      (after[part].get(asset) ?? 0n) - (before[part].get(asset) ?? 0n);
    const sum = change('customers') + change('fees') + change('clearing');
    if (sum !== 0n) problems.push(`${asset}: customers and house together have ${sum} more than before`);
    const expected = (moved.get(asset) ?? 0n) - change('fees');
    if (change('customers') !== expected) {
      problems.push(`${asset}: customers have ${change('customers')} more, by the exchange ${expected}`);
    }
  }
  return problems;
}

/** What customers must have got of each asset, before fees. Whole shares at whole cents: no rounding. */
function movedBy(executed: readonly ExchangeExecution[]): Sums {
  const moved = new Map<string, bigint>();
  const add = (asset: string, amount: bigint) => moved.set(asset, (moved.get(asset) ?? 0n) + amount);
  for (const { symbol, side, quantity, price } of executed) {
    const sign = side.toUpperCase() === 'BUY' ? 1n : -1n;
    add(symbol, sign * exact(quantity, 9));
    add(currency, -sign * exact(price, 2) * exact(quantity, 0));
  }
  return moved;
}
