// Holds the bank's books against the exchange's own statement: order by order through the graph, as a customer
// sees them, and in sum in the ledger.
import type { CustomerSession } from './customer-session.ts';
import type { ExchangeExecution } from './exchange-control.ts';
import { exact } from './exact.ts';

export interface BookedOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly side: 'BUY' | 'SELL';
  readonly instrument: { readonly symbol: string } | null;
  readonly status: string;
  readonly outcome: string | null;
  readonly rejection: { readonly code: string } | null;
  readonly quantity: string;
  readonly cumulative: string;
  readonly leaves: string;
  readonly canceled: string;
  readonly saga: { readonly state: string };
  readonly executions: readonly { id: string; quantity: string; price: string }[];
  readonly fees: readonly { id: string; total: { amount: string } }[];
  readonly ledgerEntries: readonly {
    kind: string;
    asset: string;
    amount: string;
    execution: { id: string } | null;
  }[];
}

const ordersOnAPage = 50;

const ordersQuery = `query Orders($id: ID!, $after: String) {
  account(id: $id) {
    orders(first: ${ordersOnAPage}, after: $after) {
      nodes {
        id clientOrderId side status outcome quantity cumulative leaves canceled
        instrument { symbol } rejection { code } saga { state }
        executions { id quantity price }
        fees { id total { amount } }
        ledgerEntries { kind asset amount execution { id } }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

interface OrdersPage {
  readonly account: {
    readonly orders: { nodes: BookedOrder[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
  };
}

/** All orders of an account whose client order id begins so. */
export async function bookedOrders(
  session: CustomerSession,
  accountId: string,
  prefix: string,
): Promise<BookedOrder[]> {
  const found: BookedOrder[] = [];
  for (let after: string | null = null; ;) {
    const { account }: OrdersPage = await session.data<OrdersPage>(ordersQuery, { id: accountId, after });
    found.push(...account.orders.nodes.filter(({ clientOrderId }) => clientOrderId.startsWith(prefix)));
    if (!account.orders.pageInfo.hasNextPage) return found;
    after = account.orders.pageInfo.endCursor;
  }
}

export function executionsByOrder(
  executions: readonly ExchangeExecution[],
): ReadonlyMap<string, ExchangeExecution[]> {
  return Map.groupBy(executions, ({ clOrdId }) => clOrdId);
}

const terminal = new Set(['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED']);

/** What is wrong with an order whose story has ended, one line each. */
export function problemsOf(order: BookedOrder, atExchange: readonly ExchangeExecution[]): string[] {
  const { id, status, outcome, quantity, cumulative, leaves, canceled, executions, fees } = order;
  const problems: string[] = [];
  const expect = (holds: boolean, problem: string) => holds || problems.push(`${id}: ${problem}`);
  expect(terminal.has(status) && outcome !== null, `is ${status} with outcome ${outcome}`);
  expect(order.saga.state === 'DONE', `its saga is ${order.saga.state}`);
  expect(shares(leaves) === 0n, `still has ${leaves} open`);
  expect(
    shares(cumulative) + shares(leaves) + shares(canceled) === shares(quantity),
    `${cumulative} + ${leaves} + ${canceled} ≠ ${quantity}`,
  );
  expect(
    executions.reduce((sum, execution) => sum + shares(execution.quantity), 0n) === shares(cumulative),
    `its executions do not sum to ${cumulative}`,
  );
  const ours = executions.map((each) => `${each.id}: ${shares(each.quantity)} at ${price(each.price)}`);
  const theirs = atExchange.map((each) => `${each.execId}: ${shares(each.quantity)} at ${price(each.price)}`);
  expect(
    ours.toSorted().join() === theirs.toSorted().join(),
    `executions ${ours.join()}; the exchange says ${theirs.join()}`,
  );
  const chargedIds = fees.map((fee) => fee.id);
  expect(
    chargedIds.toSorted().join() ===
      executions
        .map((each) => each.id)
        .toSorted()
        .join(),
    `fees for ${chargedIds.join()}`,
  );
  for (const execution of executions) {
    const charged = fees.find((fee) => fee.id === execution.id)?.total.amount ?? '0';
    const posted = order.ledgerEntries.filter((entry) => entry.execution?.id === execution.id);
    const amounts = posted.map(({ kind, asset, amount }) => `${kind} ${asset} ${exact(amount, 9)}`);
    const expected = expectedEntries(order, execution, charged);
    expect(
      amounts.toSorted().join() === expected.toSorted().join(),
      `${execution.id} posted ${amounts.join()}, not ${expected.join()}`,
    );
  }
  expect(
    order.ledgerEntries.every(({ execution }) => executions.some((each) => each.id === execution?.id)),
    'the ledger posted something for no execution',
  );
  return problems;
}

/** Exactly these, so that nothing is posted twice. Whole shares at whole cents: no rounding. */
function expectedEntries(
  { side, instrument }: BookedOrder,
  execution: { quantity: string; price: string },
  fee: string,
): string[] {
  const sign = side === 'BUY' ? 1n : -1n;
  const cash = (price(execution.price) * shares(execution.quantity)) / 10n ** 6n;
  const feeAmount = exact(fee, 9);
  return [
    `TRADE ${instrument?.symbol} ${sign * shares(execution.quantity)}`,
    `TRADE USD ${-sign * cash}`,
    ...(feeAmount === 0n ? [] : [`FEE USD ${-feeAmount}`]),
  ];
}

const shares = (text: string) => exact(text, 9);
const price = (text: string) => exact(text, 6);
