// Apollo Client 4: queries and mutations by HTTP, subscriptions by its GraphQLWsLink over the socket of graphql-ws.ts.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { openSocket } from './graphql-ws.ts';
import {
  accountsQuery,
  followOrder,
  placeOrder,
  sellTen,
  type Bank,
  type OrderUpdate,
} from './operations.ts';

function openApolloClient(bank: Bank): ApolloClient {
  const signedIn = new SetContextLink(async ({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${await bank.token()}` },
  }));
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(openSocket(bank)),
      signedIn.concat(new HttpLink({ uri: `${bank.url}/graphql` })),
    ),
    cache: new InMemoryCache(),
  });
}

export async function tradeByApolloClient(
  bank: Bank,
  onUpdate: (update: OrderUpdate) => void,
): Promise<void> {
  const client = openApolloClient(bank);
  const accounts = await client.query({ query: accountsQuery });
  const variables = sellTen(accounts.data?.me.accounts[0]?.id);
  const headers = { 'idempotency-key': crypto.randomUUID() };
  const { data } = await client.mutate({ mutation: placeOrder, variables, context: { headers } });
  const orderId = data?.placeOrder.order.id ?? '';
  await new Promise<void>((resolve, reject) => {
    client.subscribe({ query: followOrder, variables: { orderId, after: '0' } }).subscribe({
      next({ data, error }) {
        if (data == null) reject(error ?? new Error('The answer is empty.'));
        else onUpdate(data.orderUpdated);
      },
      error: reject,
      complete: resolve,
    });
  });
  client.stop();
}
