// The operations on orders that journeys, random runs and crash runs share.
import { setTimeout } from 'node:timers/promises';
import type { BankClient, GraphQLAnswer } from '@simplebank/testkit';

export interface OrderInput {
  readonly accountId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: string;
  readonly type?: 'MARKET' | 'LIMIT';
  readonly timeInForce?: 'DAY' | 'IOC';
  readonly limitPrice?: string;
}

export interface PlacedOrder {
  readonly id: string;
  readonly status: string;
}

export interface OrderState {
  readonly id: string;
  readonly status: string;
  readonly quantity: string;
  readonly cumulative: string;
  readonly leaves: string;
  readonly canceled: string;
  readonly sequence: number;
  readonly outcome: string | null;
  readonly rejection: { code: string; message: string } | null;
}

export interface OrderPayload {
  readonly orderUpdated: { event: { id: string; sequence: number; type: string }; order: OrderState };
}

const stateFields =
  'id status quantity cumulative leaves canceled sequence outcome rejection { code message }';

export const placeOrder = /* GraphQL */ `
  mutation Place($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      order {
        id
        status
      }
    }
  }
`;

export const orderSubscription = `
  subscription Follow($id: ID!, $after: String) {
    orderUpdated(orderId: $id, after: $after) { event { id sequence type } order { ${stateFields} } }
  }
`;

const orderQuery = `query Order($id: ID!) { order(id: $id) { ${stateFields} } }`;

/** How often a test asks again for what is about to happen. */
const pollMs = 25;

export function tryToPlace(
  client: BankClient,
  order: OrderInput,
  clientOrderId: string = crypto.randomUUID(),
): Promise<GraphQLAnswer<{ placeOrder: { order: PlacedOrder } }>> {
  return client.ask(placeOrder, { input: { clientOrderId, order } });
}

export async function place(
  client: BankClient,
  order: OrderInput,
  clientOrderId?: string,
): Promise<PlacedOrder> {
  const { data, errors } = await tryToPlace(client, order, clientOrderId);
  if (data == null) throw new Error(JSON.stringify(errors));
  return data.placeOrder.order;
}

export async function stateOf(client: BankClient, orderId: string): Promise<OrderState> {
  const { order } = await client.data<{ order: OrderState }>(orderQuery, { id: orderId });
  return order;
}

/** The order once its story has ended. */
export async function completed(client: BankClient, orderId: string, withinMs = 20_000): Promise<OrderState> {
  const givesUpAt = performance.now() + withinMs;
  for (;;) {
    const state = await stateOf(client, orderId);
    if (state.outcome !== null) return state;
    if (performance.now() > givesUpAt)
      throw new Error(`not completed within ${withinMs} ms: ${JSON.stringify(state)}`);
    await setTimeout(pollMs);
  }
}
