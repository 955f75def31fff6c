// The key that makes a mutation safe to repeat, as its client sends it (draft-ietf-httpapi-idempotency-key-header): a
// string of RFC 8941, with its quotation marks or, as most clients do it, without.

/** As many as a client's own id of an order has, which the key stands in for. */
const keyPattern = /^("?)([\x21\x23-\x5b\x5d-\x7e]{1,64})\1$/;

/** What the rules above allow, for messages. */
export const idempotencyKeyRule =
  '1 to 64 visible ASCII characters without a quotation mark or backslash, such as a UUID';

export const idempotencyKeyHeader = 'idempotency-key';

/** Undefined for what is no key. */
export function idempotencyKeyIn(given: unknown): string | undefined {
  return typeof given === 'string' ? keyPattern.exec(given)?.[2] : undefined;
}
