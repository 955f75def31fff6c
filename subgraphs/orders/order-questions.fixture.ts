// What tests ask the orders subgraph, and the shapes of the answers.
import assert from 'node:assert/strict';
import type { OrdersUnderTest } from './orders.fixture.ts';

export const place = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status } } }`;
export const cancel = `mutation ($id: ID!) { cancelOrder(input: { orderId: $id }) { order { id status } } }`;
export const wholeOrder = `query ($id: ID!) { order(id: $id) {
  status outcome cumulative leaves canceled averagePrice sequence completedAt
  rejection { code } cancelRejection { code }
  timeline { sequence type summary execution { id } fee { id } rejection { code } }
  saga { state steps { name state attempts fault } }
} }`;

export interface Whole {
  order: {
    status: string;
    outcome: string | null;
    cumulative: string;
    leaves: string;
    canceled: string;
    averagePrice: string | null;
    sequence: number;
    completedAt: string | null;
    rejection: { code: string } | null;
    cancelRejection: { code: string } | null;
    timeline: {
      sequence: number;
      type: string;
      summary: string;
      execution: { id: string } | null;
      fee: { id: string } | null;
    }[];
    saga: { state: string; steps: { name: string; state: string; attempts: number; fault: string | null }[] };
  };
}

export type Placed = { placeOrder: { order: { id: string; status: string } } };

let clientIds = 0;

export function placeInput(given: object = {}, clientOrderId = `c-${(clientIds += 1)}`) {
  const order = { accountId: 'acc-1', symbol: 'ACME', side: 'SELL', quantity: '10', ...given };
  return { input: { clientOrderId, order } };
}

export async function placed(
  bank: OrdersUnderTest,
  given: object = {},
  clientOrderId?: string,
): Promise<string> {
  const { data, codes } = await bank.ask<Placed>(place, placeInput(given, clientOrderId));
  assert.deepEqual(codes, []);
  assert(data !== null);
  return data.placeOrder.order.id;
}

export function completed(bank: OrdersUnderTest, id: string): Promise<Whole> {
  const isDone = ({ order }: Whole) => order.outcome !== null && order.saga.state === 'DONE';
  return bank.until<Whole>(wholeOrder, { id }, isDone);
}

export function typesOf({ order }: Whole): string[] {
  return order.timeline.map(({ type }) => type);
}
