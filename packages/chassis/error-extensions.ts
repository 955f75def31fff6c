// What every error that leaves the bank carries besides its message: code, correlation id, and whether the same request
// may succeed when it is sent again.

/** Codes whose cause passes by itself. `packages/contracts` says so of every code, and a test holds the two together. */
export const retryableCodes: ReadonlySet<string> = new Set([
  'SIGN_IN_THROTTLED',
  'RATE_LIMITED',
  'TOO_MANY_CONNECTIONS',
  'IDEMPOTENCY_KEY_IN_FLIGHT',
  'QUOTE_UNAVAILABLE',
  'SERVICE_UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'PLANNING_FAILED',
  'SUBGRAPH_INVALID_VALUE',
  'INTERNAL_ERROR',
]);

export interface ErrorExtensions {
  readonly code: string;
  readonly correlationId?: string;
  readonly retryable: boolean;
}

export function errorExtensions(code: string, correlationId: string | undefined): ErrorExtensions {
  return {
    code,
    ...(correlationId === undefined ? {} : { correlationId }),
    retryable: retryableCodes.has(code),
  };
}
