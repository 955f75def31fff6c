// The three kinds of trouble: a rejection is expected and returned as a tagged value; a fault is the
// infrastructure's and thrown; everything else is a bug. Only rejections and named faults show their text.
import { GraphQLError } from 'graphql';
import { DatabaseUnavailable, DeadlineExceeded } from './database-faults.ts';

export interface Rejection {
  /** SCREAMING_CODE, listed in docs/errors.md. */
  readonly code: string;
  readonly message: string;
}

export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly rejection: Rejection };

export function accepted<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function rejected(rejection: Rejection): { readonly ok: false; readonly rejection: Rejection } {
  return { ok: false, rejection };
}

/** A GraphQL error that the client may read as it is. */
export class PublicError extends GraphQLError {
  constructor(rejection: Rejection) {
    super(rejection.message, { extensions: { code: rejection.code } });
    this.name = 'PublicError';
  }
}

/** For resolvers: the value, or a GraphQL error with the rejection's code. */
export function valueOrThrow<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new PublicError(outcome.rejection);
}

/** Another service does not answer, or not as agreed. */
export class ServiceUnavailable extends Error {
  constructor(service: string, cause: unknown) {
    super(`${service} does not answer`, { cause });
    this.name = 'ServiceUnavailable';
  }
}

/**
 * Another service understood the request and said no (4xx), and would say so again: one of the two has a bug, or
 * was given a wrong token. For a client that is INTERNAL_ERROR.
 */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
}

/** What a client is told about a fault. Nothing of its cause leaves the process. */
export function publicFault(fault: unknown): Rejection {
  if (fault instanceof DeadlineExceeded) {
    return { code: 'DEADLINE_EXCEEDED', message: 'The answer was not ready in time.' };
  }
  if (fault instanceof ServiceUnavailable || fault instanceof DatabaseUnavailable) {
    return { code: 'SERVICE_UNAVAILABLE', message: 'A part of the bank does not answer right now.' };
  }
  return {
    code: 'INTERNAL_ERROR',
    message: 'Something went wrong here; quote the correlation id when you ask us.',
  };
}
