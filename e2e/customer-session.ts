// A customer over a long run: signs in again before the token ends and after a restart, and asks again what failed
// for a passing reason, as a client does whose commands are idempotent.
import { setTimeout } from 'node:timers/promises';
import { bankClient, signIn, type BankClient, type GraphQLAnswer } from '@simplebank/testkit';

/** Tokens live five minutes. */
const renewAfterMs = 4 * 60_000;
const retryPauseMs = 100;
/** A restart of any part of the bank takes less. */
const retryForMs = 60_000;
const passing = new Set(['SERVICE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL_ERROR', 'QUOTE_UNAVAILABLE']);

export interface CustomerSession {
  readonly username: string;
  /** With a token that is good for a while. */
  client(): Promise<BankClient>;
  /** Repeated while it fails for a passing reason. */
  ask<Data>(query: string, variables: Record<string, unknown>): Promise<GraphQLAnswer<Data>>;
  data<Data>(query: string, variables: Record<string, unknown>): Promise<Data>;
  /** Requests that had to be sent again so far. */
  repeats(): number;
}

export interface SessionOptions {
  readonly username: string;
  /** Asked at each sign-in. */
  readonly addresses: () => { readonly identity: string; readonly bff: string };
}

export function customerSession({ username, addresses }: SessionOptions): CustomerSession {
  let current: { client: Promise<BankClient>; at: number } | undefined;
  let repeats = 0;

  function client(): Promise<BankClient> {
    if (current === undefined || performance.now() - current.at > renewAfterMs) {
      const { identity, bff } = addresses();
      const signedIn = signIn({ identityUrl: identity, username });
      const made = signedIn.then((token) => bankClient({ bffUrl: bff, token }));
      const opened = { client: made, at: performance.now() };
      made.catch(() => {
        if (current === opened) current = undefined;
      });
      current = opened;
    }
    return current.client;
  }

  async function ask<Data>(query: string, variables: Record<string, unknown>): Promise<GraphQLAnswer<Data>> {
    const givesUpAt = performance.now() + retryForMs;
    for (;;) {
      const answer = await (await client().catch(lost))?.ask<Data>(query, variables).catch(lost);
      const code = answer?.errors?.[0]?.extensions?.code ?? '';
      if (code === 'UNAUTHENTICATED') current = undefined;
      else if (answer !== undefined && !passing.has(code)) return answer;
      if (performance.now() > givesUpAt)
        throw new Error(`${username} was not served within ${retryForMs} ms: ${JSON.stringify(answer)}`);
      repeats += 1;
      await setTimeout(retryPauseMs);
    }
  }

  return {
    username,
    client,
    ask,
    async data<Data>(query: string, variables: Record<string, unknown>) {
      const { data, errors } = await ask<Data>(query, variables);
      if (errors !== undefined || data == null) throw new Error(JSON.stringify(errors));
      return data;
    },
    repeats: () => repeats,
  };
}

/** No answer: the connection was refused or broke, or it took too long. */
function lost(): undefined {
  return undefined;
}
