// A client of the bank as an application would write it: signs in, asks over HTTP, follows over WebSocket with
// the graphql-ws client as it comes from npm.
import { randomUUID } from 'node:crypto';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

/** No answer of the bank takes longer in a test than this. */
const requestTimeoutMs = 15_000;

export interface GraphQLAnswer<Data = Record<string, unknown>> {
  readonly data?: Data | null;
  readonly errors?: readonly {
    message: string;
    path?: readonly (string | number)[];
    extensions?: { code?: string };
  }[];
  readonly extensions?: { readonly cursor?: string };
}

export interface BankClient {
  readonly token: string;
  ask<Data = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<GraphQLAnswer<Data>>;
  /** As `ask`, but an error is thrown. */
  data<Data = Record<string, unknown>>(query: string, variables?: Record<string, unknown>): Promise<Data>;
  /** Payloads of a subscription, until it completes or the loop is left. */
  follow<Data = Record<string, unknown>>(
    query: string,
    variables?: Record<string, unknown>,
  ): AsyncIterableIterator<GraphQLAnswer<Data>>;
  /** Closes the socket; requests need no closing. */
  close(): Promise<void>;
}

export interface SignIn {
  readonly identityUrl: string;
  readonly username: string;
  readonly password?: string;
}

export async function signIn({ identityUrl, username, password = 'demo' }: SignIn): Promise<string> {
  const response = await fetch(`${identityUrl}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
  const answer = (await response.json()) as { access_token?: string };
  if (answer.access_token === undefined)
    throw new Error(`${username} could not sign in: ${JSON.stringify(answer)}`);
  return answer.access_token;
}

/** By a token, or as a page of the web BFF, by the cookie of a session there. */
export type BankClientOptions = { readonly bffUrl: string } & (
  { readonly token: string } | { readonly session: string }
);

export function bankClient(options: BankClientOptions): BankClient {
  const { bffUrl } = options;
  const token = 'token' in options ? options.token : '';
  const page = 'session' in options ? { cookie: options.session, origin: new URL(bffUrl).origin } : undefined;
  const signedIn = page === undefined ? { authorization: `Bearer ${token}` } : { ...page, 'x-csrf': '1' };
  let socket: Client | undefined;

  async function ask<Data>(query: string, variables = {}, headers = {}): Promise<GraphQLAnswer<Data>> {
    const response = await fetch(`${bffUrl}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...signedIn,
        // Of its own for each request, which mutations need; who repeats one gives its key.
        'idempotency-key': randomUUID(),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return (await response.json()) as GraphQLAnswer<Data>;
  }

  return {
    token,
    ask,
    async data<Data>(query: string, variables?: Record<string, unknown>) {
      const { data, errors } = await ask<Data>(query, variables);
      if (errors !== undefined || data == null) throw new Error(JSON.stringify(errors));
      return data;
    },
    follow<Data>(query: string, variables: Record<string, unknown> = {}) {
      socket ??= createClient({
        url: `${bffUrl.replace('http', 'ws')}/graphql`,
        ...(page === undefined
          ? { connectionParams: { authorization: `Bearer ${token}` } }
          : { webSocketImpl: socketWith(page) }),
        lazy: true,
        retryAttempts: 0,
      });
      const extensions = { idempotencyKey: randomUUID() };
      return socket.iterate<Data>({ query, variables, extensions }) as AsyncIterableIterator<
        GraphQLAnswer<Data>
      >;
    },
    async close() {
      await socket?.dispose();
    },
  };
}

/** A browser sends these by itself. */
function socketWith(headers: Readonly<Record<string, string>>) {
  return class extends WebSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol, { headers });
    }
  };
}
