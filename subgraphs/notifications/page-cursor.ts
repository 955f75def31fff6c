// Cursors of a customer's inbox: the entry's place, bound to its customer, opaque to clients.
import type { NotificationRecord, Place } from './store.ts';

export function cursorOf({
  createdAt,
  id,
  customerId,
}: Place & Pick<NotificationRecord, 'customerId'>): string {
  return Buffer.from(`${createdAt.getTime()}:${id}:${customerId}`).toString('base64url');
}

/** The place behind a cursor of this customer's inbox; undefined when it is none. */
export function placeOf(customerId: string, cursor: string): Place | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, at, id, owner] = /^(\d{1,13}):([\w-]{1,36}):(.*)$/s.exec(text) ?? [];
  if (at === undefined || id === undefined || owner !== customerId) return undefined;
  return { createdAt: new Date(Number(at)), id };
}
