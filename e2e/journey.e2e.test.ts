// The path a visitor sees: sign in, look, sell or buy, watch it live until it is completed, on both BFFs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { completed, orderSubscription, place, type OrderPayload } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

let started: StartedBank;
before(async () => {
  started = await startedBank();
});
after(() => started[Symbol.asyncDispose]());

const holdings = /* GraphQL */ `
  query Holdings($id: ID!) {
    account(id: $id) {
      cash {
        balance {
          amount
        }
        reserved {
          amount
        }
      }
      positions {
        symbol
        quantity
        reserved
      }
    }
  }
`;

interface Holdings {
  account: {
    cash: { balance: { amount: string }; reserved: { amount: string } };
    positions: { symbol: string; quantity: string; reserved: string }[];
  };
}

const outcome = /* GraphQL */ `
  query Outcome($id: ID!) {
    order(id: $id) {
      status
      outcome
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
        asset
        amount
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
`;

interface Outcome {
  order: {
    status: string;
    outcome: string;
    executions: { quantity: string; price: string }[];
    fees: { total: { amount: string } }[];
    ledgerEntries: { kind: string; asset: string; amount: string }[];
    saga: { state: string; steps: { name: string; state: string }[] };
  };
}

const cents = (amount: string) => Math.round(Number(amount) * 100);

for (const { bff, side } of [
  { bff: 'bff-web', side: 'SELL' },
  { bff: 'bff-mobile', side: 'BUY' },
] as const) {
  test(`a ${side} through ${bff} is watched live from its first event to its completion, and the ledger follows`, async () => {
    const client = await started.client('ada', bff);
    const accountId = 'acc-1001';
    const before = await client.data<Holdings>(holdings, { id: accountId });
    const { id } = await place(client, { accountId, symbol: 'ACME', side, quantity: '20' });

    const types: string[] = [];
    let last: OrderPayload['orderUpdated'] | undefined;
    for await (const { data, errors } of client.follow<OrderPayload>(orderSubscription, { id, after: '0' })) {
      assert.ok(data, JSON.stringify(errors));
      last = data.orderUpdated;
      types.push(last.event.type);
      assert.equal(last.event.sequence, types.length);
      assert.ok(
        last.order.sequence >= last.event.sequence,
        'a payload never shows an order before its event',
      );
    }
    assert.equal(types[0], 'ORDER_CREATED');
    assert.equal(types.at(-1), 'ORDER_COMPLETED');
    for (const type of [
      side === 'SELL' ? 'STOCK_RESERVED' : 'CASH_RESERVED',
      'ORDER_EXECUTED',
      'FEE_CHARGED',
    ]) {
      assert.ok(types.includes(type), `${type} is missing in ${types.join()}`);
    }
    assert.equal(last?.order.outcome, 'FILLED');

    const { order } = await client.data<Outcome>(outcome, { id });
    assert.equal(
      order.executions.reduce((sum, { quantity }) => sum + Number(quantity), 0),
      20,
    );
    assert.equal(order.fees.length, order.executions.length);
    assert.equal(order.saga.state, 'DONE');

    const after = await client.data<Holdings>(holdings, { id: accountId });
    const shares = (given: Holdings) =>
      Number(given.account.positions.find(({ symbol }) => symbol === 'ACME')?.quantity);
    assert.equal(shares(after) - shares(before), side === 'SELL' ? -20 : 20);
    const posted = order.ledgerEntries.filter(({ asset }) => asset === 'USD');
    const cashMoved = posted.reduce((sum, { amount }) => sum + cents(amount), 0);
    assert.equal(
      cents(after.account.cash.balance.amount) - cents(before.account.cash.balance.amount),
      cashMoved,
    );
    assert.equal(cents(after.account.cash.reserved.amount), 0, 'nothing stays set aside');
    for (const position of after.account.positions) assert.equal(position.reserved, '0');
  });
}

test('a completed order stands in the inbox of its customer', async () => {
  const client = await started.client('grace');
  const { id } = await place(client, { accountId: 'acc-1003', symbol: 'HOOLI', side: 'SELL', quantity: '5' });
  await completed(client, id);
  const inbox = '{ me { notifications(first: 5) { nodes { title order { id } } } } }';
  interface Inbox {
    me: { notifications: { nodes: { title: string; order: { id: string } }[] } };
  }
  await assert.doesNotReject(async () => {
    const givesUpAt = performance.now() + 5_000;
    for (;;) {
      const { me } = await client.data<Inbox>(inbox);
      const found = me.notifications.nodes.find(({ order }) => order.id === id);
      if (found !== undefined) return assert.equal(found.title, 'Sell 5 HOOLI: filled');
      if (performance.now() > givesUpAt) throw new Error('no notification came');
    }
  });
});
