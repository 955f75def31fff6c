// Cursors of lists that run by time: an item's place, bound to the list's owner, opaque to clients.

/** Where a page begins: after the item of this moment and id. */
export interface PagePlace {
  readonly at: Date;
  readonly id: string;
}

/** Thirteen digits of milliseconds reach to the year 2286; more than that Postgres may not be able to hold. */
const cursorPattern = /^(\d{1,13}):([\w-]{1,36}):(.*)$/s;

export function pageCursor(owner: string, { at, id }: PagePlace): string {
  return Buffer.from(`${at.getTime()}:${id}:${owner}`).toString('base64url');
}

/** The place behind a cursor of this owner's list; undefined when it is none. */
export function pagePlace(owner: string, cursor: string): PagePlace | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, at, id, boundTo] = cursorPattern.exec(text) ?? [];
  if (at === undefined || id === undefined || boundTo !== owner) return undefined;
  return { at: new Date(Number(at)), id };
}
