// A customer with everything that another one must not see: a filled order with executions, fees and ledger
// entries, a working order that could be canceled, a message in the inbox, and cursors of all lists.
import { until, type BankClient } from '@simplebank/testkit';
import { completed, orderSubscription, place, stateOf } from './orders.ts';

export interface Victim {
  readonly client: BankClient;
  readonly customerId: string;
  readonly accountId: string;
  readonly closedAccountId: string;
  readonly symbol: string;
  readonly filledOrderId: string;
  readonly clientOrderId: string;
  readonly workingOrderId: string;
  readonly executionId: string;
  readonly ledgerEntryId: string;
  readonly notificationId: string;
  /** Resumes the filled order's subscription. */
  readonly liveCursor: string;
  readonly pageCursors: {
    readonly orders: string;
    readonly activities: string;
    readonly notifications: string;
  };
}

const possessions = /* GraphQL */ `
  query Possessions($account: ID!, $order: ID!) {
    me {
      id
      notifications(first: 5) {
        nodes {
          id
          order {
            id
          }
        }
        pageInfo {
          endCursor
        }
      }
    }
    account(id: $account) {
      orders(first: 1) {
        pageInfo {
          endCursor
        }
      }
      activities(first: 1) {
        pageInfo {
          endCursor
        }
      }
    }
    order(id: $order) {
      clientOrderId
      executions {
        id
      }
      ledgerEntries {
        id
      }
    }
  }
`;

interface Page {
  readonly pageInfo: { readonly endCursor: string };
}

interface Possessions {
  readonly me: {
    readonly id: string;
    readonly notifications: Page & { readonly nodes: readonly { id: string; order: { id: string } }[] };
  };
  readonly account: { readonly orders: Page; readonly activities: Page };
  readonly order: {
    readonly clientOrderId: string;
    readonly executions: readonly { id: string }[];
    readonly ledgerEntries: readonly { id: string }[];
  };
}

/** `client` is grace's, who has shares of HOOLI and a second account that is closed. */
export async function victimOf(client: BankClient): Promise<Victim> {
  const accountId = 'acc-1003';
  const symbol = 'HOOLI';
  const filled = await place(client, { accountId, symbol, side: 'SELL', quantity: '5' });
  const working = await place(client, {
    accountId,
    symbol,
    side: 'SELL',
    quantity: '7',
    type: 'LIMIT',
    limitPrice: await farAbove(client, symbol),
  });
  await completed(client, filled.id);
  let liveCursor: string | undefined;
  for await (const { extensions } of client.follow(orderSubscription, { id: filled.id })) {
    liveCursor = extensions?.cursor;
  }
  await until('the limit order works', async () => (await stateOf(client, working.id)).status === 'WORKING');
  const read = () => client.data<Possessions>(possessions, { account: accountId, order: filled.id });
  await until('the inbox has its entry', async () => (await read()).me.notifications.nodes.length > 0);
  const { me, account, order } = await read();
  return {
    client,
    customerId: me.id,
    accountId,
    closedAccountId: 'acc-1004',
    symbol,
    filledOrderId: filled.id,
    clientOrderId: order.clientOrderId,
    workingOrderId: working.id,
    executionId: present(order.executions[0]?.id),
    ledgerEntryId: present(order.ledgerEntries[0]?.id),
    notificationId: present(me.notifications.nodes[0]?.id),
    liveCursor: present(liveCursor),
    pageCursors: {
      orders: account.orders.pageInfo.endCursor,
      activities: account.activities.pageInfo.endCursor,
      notifications: me.notifications.pageInfo.endCursor,
    },
  };
}

/** Argument values by coordinate that ask for the victim's things. */
export function argumentsFor(victim: Victim): Readonly<Record<string, string>> {
  const [account, symbol, order] = [victim.accountId, victim.symbol, victim.filledOrderId].map((text) =>
    JSON.stringify(text),
  ) as [string, string, string];
  return {
    'Query.account.id': account,
    'Query.instrument.symbol': symbol,
    'Query.order.id': order,
    'Query.orderUpdates.orderId': order,
    'Query.orderUpdates.afterSequence': '0',
    'Query.quotes.symbols': `[${symbol}]`,
    'Query.previewOrder.input': `{ accountId: ${account}, symbol: ${symbol}, side: SELL, quantity: "1" }`,
  };
}

/** The fields of the keys of the victim's things, by entity type. */
export function keysOf(victim: Victim): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const { accountId, symbol } = victim;
  return {
    Account: { id: accountId },
    CashBalance: { accountId },
    Customer: { id: victim.customerId },
    Execution: { id: victim.executionId },
    FeeCharge: { id: victim.executionId },
    Instrument: { symbol },
    LedgerEntry: { id: victim.ledgerEntryId },
    Notification: { id: victim.notificationId },
    Order: { id: victim.filledOrderId },
    Position: { accountId, symbol },
  };
}

/** A limit that the market does not reach, yet within the band of 20 % around the last price. */
async function farAbove(client: BankClient, symbol: string): Promise<string> {
  const quote = 'query Quote($symbol: String!) { instrument(symbol: $symbol) { quote { last } } }';
  const { instrument } = await client.data<{ instrument: { quote: { last: string } } }>(quote, { symbol });
  return String(Math.floor(Number(instrument.quote.last) * 1.15));
}

function present(value: string | undefined): string {
  if (value === undefined) throw new Error('the victim lacks what the test is about');
  return value;
}
