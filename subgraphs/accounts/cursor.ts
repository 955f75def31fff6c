// Cursors of an account's activities: the entry's place, bound to its account, opaque to clients.
import type { Entry } from './domain/entry.ts';

export function cursorOf({ accountId, sequence }: Pick<Entry, 'accountId' | 'sequence'>): string {
  return Buffer.from(`${sequence}:${accountId}`).toString('base64url');
}

/** The sequence number behind a cursor of this account; undefined when it is none. */
export function sequenceOf(accountId: string, cursor: string): bigint | undefined {
  const [, sequence, owner] =
    /^(\d{1,18}):(.*)$/s.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  return sequence === undefined || owner !== accountId ? undefined : BigInt(sequence);
}
