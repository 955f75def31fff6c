// How an error leaves over HTTP when it is no GraphQL answer: as a problem of RFC 9457, which repeats itself in the shape
// of GraphQL's errors, so that a client of /graphql reads one kind.
import { STATUS_CODES } from 'node:http';
import { errorExtensions } from './error-extensions.ts';
import type { Rejection } from './rejection.ts';

export const problemMedia = 'application/problem+json';

/** Where people read what a code means: a reference that no program follows. */
const typesUrl = 'urn:simplebank:error:';

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly correlationId?: string;
  readonly retryable: boolean;
  readonly errors: readonly { readonly message: string; readonly extensions: object }[];
}

export function problemOf(
  status: number,
  { code, message }: Rejection,
  correlationId: string | undefined,
): Problem {
  const extensions = errorExtensions(code, correlationId);
  return {
    type: `${typesUrl}${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    ...extensions,
    errors: [{ message, extensions }],
  };
}
