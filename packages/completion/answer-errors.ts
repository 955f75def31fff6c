// The one place where each error of the gateway's answers gets what the bank promises of every error: the correlation id
// and whether to send it again. Here and not in the gateway, which answers equal requests by one text.
import type { GraphQLFormattedError } from 'graphql';
import { errorExtensions, newCorrelationId, type Logger } from '@simplebank/chassis';

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

/**
 * The errors that end an operation on a socket or stream, where no request gives the id: each that has none gets one of
 * its own, under which it is logged.
 */
export function identified(
  errors: readonly GraphQLFormattedError[],
  log: Logger,
): readonly GraphQLFormattedError[] {
  return errors.map((error) => {
    const code = codeOf(error);
    const given = error.extensions?.['correlationId'];
    const correlationId = typeof given === 'string' ? given : newCorrelationId();
    log.info({ code, correlationId }, 'operation refused');
    return { ...error, extensions: { ...errorExtensions(code, correlationId), ...error.extensions } };
  });
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
