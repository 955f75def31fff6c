// What stands in the journal: what happened to orders, and the FIX session's numbers and reports.
import type { ClientOrder, OrderEvent } from './domain/client-order.ts';

export type Entry =
  /** The first entry of a data folder. */
  | { readonly kind: 'begun'; readonly idPrefix: string }
  | { readonly kind: 'event'; readonly event: OrderEvent }
  /** An order as it stood when the journal was compacted. */
  | { readonly kind: 'order'; readonly order: ClientOrder }
  | { readonly kind: 'nextExecution'; readonly next: number }
  /** All incoming messages up to this number are done. */
  | { readonly kind: 'incoming'; readonly seq: number }
  | { readonly kind: 'report'; readonly seq: number; readonly message: string }
  /** No outgoing message above this number was sent. */
  | { readonly kind: 'reserved'; readonly seq: number }
  | { readonly kind: 'reset' };

/** The bigint fields, by name, because a customer's text may look like any marked number. */
const BIGINT_FIELDS: ReadonlySet<string> = new Set(['quantity', 'price', 'limit', 'cumulative']);

export const encodeEntries = (entries: readonly Entry[]): string =>
  JSON.stringify(entries, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

export const decodeEntries = (text: string): Entry[] =>
  JSON.parse(text, (name, value: unknown) =>
    BIGINT_FIELDS.has(name) && typeof value === 'string' ? BigInt(value) : value,
  ) as Entry[];
