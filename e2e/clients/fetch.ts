// No client library at all: one question by fetch, sent again as long as the bank says that this may help. A mutation is
// sent again under its own key, so that it is done once even when only its answer was lost.
import { setTimeout } from 'node:timers/promises';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import type { Bank } from './operations.ts';

const mostAttempts = 6;
const firstPauseMs = 250;
/** How long the bank works on it. */
const deadlineMs = 5_000;

interface BankError {
  readonly message: string;
  /** The correlation id is for when you ask us. */
  readonly extensions: { readonly code: string; readonly retryable: boolean; readonly correlationId: string };
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly BankError[];
  /** Seconds, where the bank says how many. */
  readonly retryAfter: string | null;
}

export async function ask<Data, Variables>(
  bank: Bank,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  idempotencyKey: string = crypto.randomUUID(),
): Promise<Data> {
  const headers = { 'idempotency-key': idempotencyKey, 'x-deadline-ms': String(deadlineMs) };
  const body = JSON.stringify({ query: print(document), variables });
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send<Data>(bank, headers, body).catch((lost: unknown) => {
      if (attempt === mostAttempts) throw lost;
      return undefined;
    });
    const { data, errors = [], retryAfter } = answer ?? { retryAfter: null };
    if (data != null && errors.length === 0) return data;
    const mayHelp = errors.every(({ extensions }) => extensions.retryable);
    if (!mayHelp || attempt === mostAttempts) throw new Error(errors[0]?.extensions.code, { cause: errors });
    // Not all clients at the same moment.
    const pauseMs = retryAfter === null ? firstPauseMs * 2 ** attempt : Number(retryAfter) * 1_000;
    await setTimeout(pauseMs * (1 + Math.random() / 2));
  }
}

/** What is no GraphQL answer, such as status 429, is a problem of RFC 9457 and has `errors` of the same shape. */
async function send<Data>(bank: Bank, headers: Record<string, string>, body: string): Promise<Answer<Data>> {
  const response = await fetch(`${bank.url}/graphql`, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      authorization: `Bearer ${await bank.token()}`,
    },
    body,
    signal: AbortSignal.timeout(2 * deadlineMs),
  });
  const answer = (await response.json()) as Omit<Answer<Data>, 'retryAfter'>;
  return { ...answer, retryAfter: response.headers.get('retry-after') };
}
