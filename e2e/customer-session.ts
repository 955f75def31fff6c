// A customer over a long run: signs in again before the token ends and after a restart, and asks again what failed
// for a passing reason, as a client does whose commands are idempotent. INTERNAL_ERROR is no such reason: it is kept
// and answered, unless the test kills parts of the bank.
import { setTimeout } from 'node:timers/promises';
import { bankClient, signIn, type BankClient, type GraphQLAnswer } from '@simplebank/testkit';

/** Tokens live five minutes. */
const renewAfterMs = 4 * 60_000;
const retryPauseMs = 100;
/** A restart of any part of the bank takes less. */
const retryForMs = 60_000;
const passing = new Set(['SERVICE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'QUOTE_UNAVAILABLE']);

export interface CustomerSession {
  readonly username: string;
  /** With a token that is good for a while. */
  client(): Promise<BankClient>;
  /** Repeated while it fails for a passing reason. */
  ask<Data>(query: string, variables: Record<string, unknown>): Promise<GraphQLAnswer<Data>>;
  data<Data>(query: string, variables: Record<string, unknown>): Promise<Data>;
  /** Requests that had to be sent again so far. */
  repeats(): number;
  /** Each answer so far that told of a fault within the bank. */
  internalErrors(): readonly string[];
}

export interface SessionOptions {
  readonly username: string;
  /** Asked at each sign-in. */
  readonly addresses: () => { readonly identity: string; readonly bff: string };
  /** For tests that kill -9: a service that is cut off in its work may say INTERNAL_ERROR, and is asked again. */
  readonly retriesInternalErrors?: boolean;
}

export function customerSession(options: SessionOptions): CustomerSession {
  const { username, addresses, retriesInternalErrors = false } = options;
  let current: { client: Promise<BankClient>; at: number } | undefined;
  const internalErrors: string[] = [];
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
      const codes = (answer?.errors ?? []).map(({ extensions }) => extensions?.code ?? '');
      const isInternal = codes.includes('INTERNAL_ERROR');
      if (isInternal) internalErrors.push(`${username} was answered ${JSON.stringify(answer?.errors)}`);
      const isPassing = isInternal ? retriesInternalErrors : passing.has(codes[0] ?? '');
      if (codes[0] === 'UNAUTHENTICATED') current = undefined;
      else if (answer !== undefined && !isPassing) return answer;
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
    internalErrors: () => internalErrors,
  };
}

/** No answer: the connection was refused or broke, or it took too long. */
function lost(): undefined {
  return undefined;
}
