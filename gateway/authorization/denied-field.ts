// What the executors need to know of authorization: which fields are denied, and what a client is told of them. In a
// file of its own because the executors' contract names it, on which the rest of authorization stands.
import type { GraphQLFormattedError } from 'graphql';

/** The field answers null with `unauthorizedError`, and null goes up where it may not stand. */
export interface DeniedField {
  /** Response keys, without list indexes. */
  readonly path: readonly string[];
  /** Object types at which the field is denied; undefined when it is at every type that can stand there. */
  readonly onTypes: ReadonlySet<string> | undefined;
}

export function unauthorizedError(path: readonly (string | number)[]): GraphQLFormattedError {
  return {
    message: 'Unauthorized field or type',
    path: [...path],
    extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' },
  };
}

/** For callers who have not signed in: what they lack is not a right but a token, which clients answer differently. */
export function withSignInErrors(errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] {
  return errors.map((error) =>
    error.extensions?.['code'] === 'UNAUTHORIZED_FIELD_OR_TYPE'
      ? { ...error, message: 'Sign in to see this.', extensions: { code: 'UNAUTHENTICATED' } }
      : error,
  );
}

/** Whether the field at this path of an answer, list indexes included, is denied or holds something denied. */
export function hasDeniedWithin(denied: readonly DeniedField[], path: readonly (string | number)[]): boolean {
  if (denied.length === 0) return false;
  const keys = path.filter((segment) => typeof segment === 'string');
  return denied.some((field) => keys.every((key, index) => field.path[index] === key));
}
