// A page of orders with all that other services add to them costs each service a constant number of SQL statements,
// however long the page is and of however many instruments: counted in the services' own metrics, for 5 orders of
// one instrument and for 50 orders of eight.
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import type { BankClient } from '@simplebank/testkit';
import { services, type ServiceName } from '../topology.ts';
import { completed, place } from './orders.ts';
import { symbols } from './random-plan.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

let started: StartedBank;
let client: BankClient;
before(async () => {
  started = await startedBank();
  client = await started.client('barbara');
});
after(() => started[Symbol.asyncDispose]());

const accountId = 'acc-2001';
/** More for one answer is no batch any more: one statement a type, and a list's own. */
const mostPerService = 6;
/** Which statements run by themselves is seen by doing nothing for so long. */
const idleMs = 1_500;
/** Background work that happens to run beside one query does not run beside all. */
const repeats = 4;

const page = /* GraphQL */ `
  query Page($id: ID!) {
    account(id: $id) {
      number
      customer {
        name
      }
      cash {
        available {
          amount
        }
      }
      positions {
        symbol
        available
        instrument {
          name
          quote {
            last
          }
        }
      }
      activities(first: 50) {
        nodes {
          amount
          order {
            status
          }
          execution {
            price
          }
        }
      }
      orders(first: 50) {
        pageInfo {
          hasNextPage
        }
        nodes {
          id
          status
          account {
            number
          }
          instrument {
            name
            quote {
              bid
              ask
            }
          }
          executions {
            quantity
            price
          }
          fees {
            total {
              amount
            }
          }
          ledgerEntries {
            kind
            amount
          }
          timeline {
            type
            execution {
              price
            }
            fee {
              total {
                amount
              }
            }
          }
          saga {
            state
            steps {
              name
              state
            }
          }
        }
      }
    }
  }
`;

interface Page {
  readonly account: {
    readonly orders: {
      readonly nodes: readonly {
        executions: readonly object[];
        fees: readonly object[];
        ledgerEntries: readonly object[];
        timeline: readonly object[];
        instrument: { quote: object };
      }[];
    };
  };
}

/** `orders orders.by-id` → how often it ran since the bank started. */
type Counts = ReadonlyMap<string, number>;

const names = Object.keys(services) as ServiceName[];
const statementLine = /^sql_statements_total\{statement="([^"]+)"[^}]*\} (\d+)$/gm;

async function counted(): Promise<Counts> {
  const counts = new Map<string, number>();
  const urls = names.flatMap((name) => started.bank.urlsOf(name).map((url) => [name, url] as const));
  const scraped = urls.map(
    async ([name, url]) => [name, await (await fetch(`${url}/metrics`)).text()] as const,
  );
  for (const [name, text] of await Promise.all(scraped)) {
    for (const [, statement = '', value] of text.matchAll(statementLine)) {
      const key = `${name} ${statement}`;
      counts.set(key, (counts.get(key) ?? 0) + Number(value));
    }
  }
  return counts;
}

function risen(from: Counts, to: Counts): Map<string, number> {
  const differences = [...to].map(([name, value]) => [name, value - (from.get(name) ?? 0)] as const);
  return new Map(differences.filter(([, difference]) => difference > 0));
}

interface PageCost {
  /** By service and statement. */
  readonly statements: Counts;
  /** What every page ran and the idle bank runs as well, such as the relays' reads: left out, and printed. */
  readonly undecided: readonly string[];
}

async function costOfPage(): Promise<PageCost> {
  await client.data<Page>(page, { id: accountId });
  const beforeIdle = await counted();
  await setTimeout(idleMs);
  const idle = risen(beforeIdle, await counted());
  let least: Map<string, number> | undefined;
  for (let run = 0; run < repeats; run += 1) {
    const from = await counted();
    await client.data<Page>(page, { id: accountId });
    const cost = risen(from, await counted());
    least = new Map(
      [...(least ?? cost)].flatMap(([name, value]) => {
        const now = cost.get(name);
        return now === undefined ? [] : [[name, Math.min(value, now)] as const];
      }),
    );
  }
  const ranInEvery = [...(least ?? [])];
  return {
    statements: new Map(ranInEvery.filter(([name]) => !idle.has(name))),
    undecided: ranInEvery.flatMap(([name]) => (idle.has(name) ? [name] : [])),
  };
}

function byService(cost: Counts): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [name, value] of cost) {
    const service = name.split(' ')[0] ?? '';
    sums.set(service, (sums.get(service) ?? 0) + value);
  }
  return sums;
}

async function trade(count: number, traded: readonly string[]): Promise<void> {
  const orders = Array.from({ length: count }, (_, index) => ({
    accountId,
    symbol: traded[index % traded.length] ?? 'ACME',
    side: index % 2 === 0 ? ('SELL' as const) : ('BUY' as const),
    quantity: String(1 + index),
  }));
  const placed = await Promise.all(orders.map((order) => place(client, order)));
  await Promise.all(placed.map(({ id }) => completed(client, id)));
}

test('a page of 50 orders of 8 instruments costs every service as many statements as 5 orders of one', async (t) => {
  await trade(5, symbols.slice(0, 1));
  const { statements: five, undecided } = await costOfPage();
  await trade(45, symbols);
  const { account } = await client.data<Page>(page, { id: accountId });
  assert.equal(account.orders.nodes.length, 50);
  for (const { executions, fees, ledgerEntries, timeline, instrument } of account.orders.nodes) {
    assert.ok(executions.length > 0 && fees.length === executions.length);
    assert.ok(ledgerEntries.length > 0 && timeline.length > 0 && instrument.quote);
  }
  const { statements: fifty, undecided: undecidedOfFifty } = await costOfPage();
  for (const name of [...undecided, ...undecidedOfFifty]) t.diagnostic(`${name} runs in every page and idle`);

  for (const name of new Set([...five.keys(), ...fifty.keys()])) {
    t.diagnostic(`${name.padEnd(45)} ${five.get(name) ?? 0} for 5, ${fifty.get(name) ?? 0} for 50`);
  }
  const [small, large] = [byService(five), byService(fifty)];
  assert.deepEqual(new Map([...large].toSorted()), new Map([...small].toSorted()));
  assert.deepEqual([...large.keys()].toSorted(), ['accounts', 'customers', 'fees', 'market', 'orders']);
  for (const [service, count] of large) assert.ok(count <= mostPerService, `${service}: ${count} statements`);
});
