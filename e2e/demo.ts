// `npm run demo`: a customer signs in, looks at shares and cash, previews and places a sell, and watches it live
// until it is completed; then the ledger's entries for it. Needs the bank to run: npm start.
import { styleText } from 'node:util';
import { runningBankFor } from '@simplebank/chassis';
import { bankClient, signIn } from '@simplebank/testkit';

const notRunning = 'The bank does not run here: npm start or npm run start:services first.';

const username = 'ada';
const accountId = 'acc-1001';
const symbol = 'ACME';
/** Large enough to be filled in parts. */
const quantity = '120';

interface Money {
  amount: string;
  currency: string;
}

const accountQuery = /* GraphQL */ `
  query Account($id: ID!) {
    me {
      name
    }
    account(id: $id) {
      number
      cash {
        available {
          amount
          currency
        }
      }
      positions {
        symbol
        available
        instrument {
          name
          quote {
            bid
            ask
          }
        }
      }
    }
  }
`;

interface AccountData {
  me: { name: string };
  account: {
    number: string;
    cash: { available: Money };
    positions: {
      symbol: string;
      available: string;
      instrument: { name: string; quote: { bid: string; ask: string } | null } | null;
    }[];
  };
}

const previewQuery = /* GraphQL */ `
  query Preview($input: OrderInput!) {
    previewOrder(input: $input) {
      price
      principal {
        amount
        currency
      }
      fee {
        amount
        currency
      }
      cashEffect {
        amount
        currency
      }
    }
  }
`;

interface PreviewData {
  previewOrder: { price: string; principal: Money; fee: Money; cashEffect: Money };
}

const placeMutation = /* GraphQL */ `
  mutation Place($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      order {
        id
        status
      }
    }
  }
`;

interface PlaceData {
  placeOrder: { order: { id: string; status: string } };
}

const orderSubscription = /* GraphQL */ `
  subscription Order($id: ID!, $after: String) {
    orderUpdated(orderId: $id, after: $after) {
      event {
        sequence
        type
        occurredAt
        summary
      }
      order {
        status
        leaves
        cumulative
        averagePrice
        outcome
      }
    }
  }
`;

interface OrderData {
  orderUpdated: {
    event: { sequence: number; type: string; occurredAt: string; summary: string };
    order: {
      status: string;
      leaves: string;
      cumulative: string;
      averagePrice: string | null;
      outcome: string | null;
    };
  };
}

const ledgerQuery = /* GraphQL */ `
  query Ledger($id: ID!) {
    order(id: $id) {
      status
      outcome
      fees {
        total {
          amount
          currency
        }
        commission {
          amount
        }
        secFee {
          amount
        }
        tradingActivityFee {
          amount
        }
      }
      executions {
        quantity
        price
      }
      ledgerEntries {
        kind
        asset
        amount
        postedAt
      }
    }
  }
`;

interface LedgerData {
  order: {
    status: string;
    outcome: string;
    executions: { quantity: string; price: string }[];
    ledgerEntries: { kind: string; asset: string; amount: string; postedAt: string }[];
  };
}

const title = (text: string) => console.log(`\n${styleText('bold', text)}`);
const dim = (text: string) => styleText('dim', text);
const written = ({ amount, currency }: Money) => `${amount} ${currency}`;

async function demo(): Promise<void> {
  // A running bank says where it is; a killed one may have left that behind, and then nobody answers there.
  const bank = (await runningBankFor(process.env))?.bank;
  if (bank === undefined) throw new Error(notRunning);
  const address = (name: 'identity' | 'bff-web') => bank.addresses[name] ?? '';
  const token = await signIn({ identityUrl: address('identity'), username });
  const client = bankClient({ bffUrl: address('bff-web'), token });

  const { me, account } = await client.data<AccountData>(accountQuery, { id: accountId });
  title(`${me.name}, account ${account.number}`);
  console.log(`  cash ${written(account.cash.available)}`);
  for (const position of account.positions) {
    const quote = position.instrument?.quote;
    const price = quote == null ? '' : dim(`bid ${quote.bid}  ask ${quote.ask}`);
    console.log(`  ${position.symbol.padEnd(10)} ${position.available.padStart(8)}  ${price}`);
  }

  // Somebody who runs the demo often has sold everything at last, and buys some back.
  const held = account.positions.find((position) => position.symbol === symbol)?.available ?? '0';
  const side = Number(held) >= Number(quantity) ? 'SELL' : 'BUY';
  const orderInput = { accountId, symbol, side, quantity };

  title(`Preview: ${side.toLowerCase()} ${quantity} ${symbol} at the market`);
  const { previewOrder } = await client.data<PreviewData>(previewQuery, { input: orderInput });
  console.log(
    `  about ${written(previewOrder.principal)} at ${previewOrder.price}, fee ${written(previewOrder.fee)}`,
  );
  console.log(`  effect on cash ${written(previewOrder.cashEffect)}`);

  title('Place it, and watch');
  const placedAt = performance.now();
  const clientOrderId = `demo-${crypto.randomUUID()}`;
  const { placeOrder } = await client.data<PlaceData>(placeMutation, {
    input: { clientOrderId, order: orderInput },
  });
  console.log(`  ${dim('order')} ${placeOrder.order.id} ${dim('via GraphQL over WebSocket')}`);
  // "0" begins at the order's first event, however far it has come by now.
  const fromTheStart = { id: placeOrder.order.id, after: '0' };
  for await (const { data, errors } of client.follow<OrderData>(orderSubscription, fromTheStart)) {
    if (data == null) throw new Error(JSON.stringify(errors));
    const { event, order } = data.orderUpdated;
    const at = `${((performance.now() - placedAt) / 1000).toFixed(3)} s`;
    const colour = order.outcome === null ? 'cyan' : order.outcome === 'FILLED' ? 'green' : 'yellow';
    console.log(`  ${dim(at)}  ${styleText(colour, event.type.padEnd(22))} ${event.summary}`);
  }

  const { order } = await client.data<LedgerData>(ledgerQuery, { id: placeOrder.order.id });
  title('What the ledger posted');
  for (const entry of order.ledgerEntries) {
    console.log(
      `  ${dim(entry.postedAt)}  ${entry.kind.padEnd(6)} ${entry.amount.padStart(12)} ${entry.asset}`,
    );
  }
  title(`${order.status} and ${order.outcome === null ? 'still running' : 'COMPLETED'}`);
  await client.close();
  if (order.status !== 'FILLED' || order.outcome === null) process.exitCode = 1;
}

demo().catch((error: unknown) => {
  const refused = error instanceof Error && error.cause instanceof Error && 'code' in error.cause;
  const known = error instanceof Error && error.message === notRunning;
  console.error(refused || known ? notRunning : error);
  process.exitCode = 1;
});
