// Cursors of an account's orders: the order's place, bound to its account, opaque to clients.
import type { StoredOrder } from './order-row.ts';

export function cursorOf({ order, placedAt }: StoredOrder): string {
  const { id, accountId } = order.terms;
  return Buffer.from(`${placedAt.getTime()}:${id}:${accountId}`).toString('base64url');
}

/** The place behind a cursor of this account's list; undefined when it is none. */
export function placeOf(accountId: string, cursor: string): { placedAt: Date; id: string } | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, at, id, owner] = /^(\d{1,13}):([\w-]{1,36}):(.*)$/s.exec(text) ?? [];
  if (at === undefined || id === undefined || owner !== accountId) return undefined;
  return { placedAt: new Date(Number(at)), id };
}
