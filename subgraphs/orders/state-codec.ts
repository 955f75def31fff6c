// The domain's state of an order as JSON text and back. Exact numbers are bigints, which JSON lacks: they travel
// as { "bigint": "123" }, which no text of a customer can be mistaken for. The form is the program's own affair:
// when it changes, `stateVersion` goes up, and orders kept in an older form are replayed from their log.
import type { Order } from './domain/order-state.ts';

export const stateVersion = 1;

export function stateText(order: Order): string {
  return JSON.stringify(order, (_key, value: unknown) =>
    typeof value === 'bigint' ? { bigint: value.toString() } : value,
  );
}

export function readState(text: string): Order {
  // Nobody but `stateText` writes what is read here.
  return JSON.parse(text, (_key, value: unknown) =>
    isBigint(value) ? BigInt(value.bigint) : value,
  ) as Order;
}

function isBigint(value: unknown): value is { bigint: string } {
  return typeof value === 'object' && value !== null && 'bigint' in value && typeof value.bigint === 'string';
}
