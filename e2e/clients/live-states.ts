// An account and quotes as states: the newest at once, then each newer one. A slow client misses those in between, and one
// that comes back with a cursor gets the newest, unless it has seen just that.
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { parse, print } from 'graphql';
import type { LiveClient } from './live-client.ts';

export interface AccountState {
  readonly cash: { readonly available: { readonly amount: string } } | null;
  readonly positions: readonly { readonly symbol: string; readonly quantity: string }[] | null;
}

export const watchAccount: TypedDocumentNode<{ accountUpdated: AccountState }, { accountId: string }> = parse(
  /* GraphQL */ `
    subscription WatchAccount($accountId: ID!, $after: String) {
      accountUpdated(accountId: $accountId, after: $after) {
        cash {
          available {
            amount
          }
        }
        positions {
          symbol
          quantity
        }
      }
    }
  `,
);

export interface Quotes {
  readonly instruments: readonly {
    readonly symbol: string;
    readonly quote: { readonly bid: string; readonly ask: string } | null;
  }[];
}

export const watchQuotes: TypedDocumentNode<{ quotesUpdated: Quotes }, { symbols: readonly string[] }> =
  parse(/* GraphQL */ `
    subscription WatchQuotes($symbols: [String!]!, $after: String) {
      quotesUpdated(symbols: $symbols, after: $after) {
        instruments {
          symbol
          quote {
            bid
            ask
          }
        }
      }
    }
  `);

/** Until the function that it returns is called. */
export function watch<Data, Variables extends Record<string, unknown>>(
  client: LiveClient,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  onState: (data: Data) => void,
  onRefused: (errors: unknown) => void,
): () => void {
  return client.subscribe<Data>(
    { query: print(document), variables },
    {
      next({ data, errors }) {
        if (data == null) onRefused(errors);
        else onState(data);
      },
      error: onRefused,
      complete: () => undefined,
    },
  );
}
