// The one place where each error of the gateway's answers gets what the bank promises of every error: the correlation id
// and whether to send it again. Here and not in the gateway, which answers equal requests by one text.
import type { GraphQLFormattedError } from 'graphql';
import { errorExtensions } from '@simplebank/chassis';

/** An answer that never says "errors" is passed on without being looked into. */
export function withErrorExtensions(text: string, correlationId: string | undefined): string {
  if (!text.includes('"errors"')) return text;
  const answer = parsed(text);
  if (!Array.isArray(answer?.errors)) return text;
  const errors = (answer.errors as readonly GraphQLFormattedError[]).map((error) => ({
    ...error,
    // What the error says of itself stands: the id that a service logged it under.
    extensions: { ...errorExtensions(codeOf(error), correlationId), ...error.extensions },
  }));
  return JSON.stringify({ ...answer, errors });
}

function codeOf({ extensions }: GraphQLFormattedError): string {
  return typeof extensions?.['code'] === 'string' ? extensions['code'] : 'INTERNAL_ERROR';
}

function parsed(text: string): { readonly errors?: unknown } | null {
  try {
    return JSON.parse(text) as { readonly errors?: unknown } | null;
  } catch {
    return null;
  }
}
