// The place of an entry in the inbox as an opaque cursor.
import type { Place } from './store.ts';

export function cursorOf({ createdAt, id }: Place): string {
  return Buffer.from(JSON.stringify([createdAt.toISOString(), id])).toString('base64url');
}

/** Undefined for anything that `cursorOf` did not make. */
export function placeOf(cursor: string): Place | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(parsed) || typeof parsed[0] !== 'string' || typeof parsed[1] !== 'string')
      return undefined;
    const createdAt = new Date(parsed[0]);
    return Number.isNaN(createdAt.getTime()) ? undefined : { createdAt, id: parsed[1] };
  } catch {
    return undefined;
  }
}
