// What the examples ask of the bank, typed as Apollo Client and urql like it, and what they are given: where a BFF is, and
// how to get a token.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { parse } from 'graphql';

export interface Bank {
  /** Of a BFF, such as http://127.0.0.1:3000. */
  readonly url: string;
  /** Asked whenever a token is needed; it answers with one that is good for a while. */
  readonly token: () => Promise<string>;
}

interface Accounts {
  readonly me: { readonly accounts: readonly { readonly id: string }[] };
}

export const accountsQuery: TypedDocumentNode<Accounts, Record<string, never>> = parse(/* GraphQL */ `
  query Accounts {
    me {
      accounts {
        id
        cash {
          available {
            amount
            currency
          }
        }
      }
    }
  }
`);

interface Placed {
  readonly placeOrder: { readonly order: { readonly id: string } };
}

export const placeOrder: TypedDocumentNode<Placed, ReturnType<typeof sellTen>> = parse(/* GraphQL */ `
  mutation PlaceOrder($input: PlaceOrderInput!) {
    placeOrder(input: $input) {
      order {
        id
      }
    }
  }
`);

export function sellTen(accountId: string | undefined) {
  return { input: { order: { accountId, symbol: 'ACME', side: 'SELL', quantity: '10' } } };
}

export interface OrderUpdate {
  readonly event: { readonly id: string; readonly sequence: number; readonly type: string };
  readonly order: { readonly status: string; readonly outcome: string | null };
}

interface OrderUpdated {
  readonly orderUpdated: OrderUpdate;
}

/** After `0` comes the whole story; without `after` what is newest, and what follows. */
interface Following {
  readonly orderId: string;
  readonly after?: string;
}

export const followOrder: TypedDocumentNode<OrderUpdated, Following> = parse(/* GraphQL */ `
  subscription FollowOrder($orderId: ID!, $after: String) {
    orderUpdated(orderId: $orderId, after: $after) {
      event {
        id
        sequence
        type
      }
      order {
        status
        outcome
      }
    }
  }
`);
