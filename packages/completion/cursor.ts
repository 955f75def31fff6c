// The cursor of a live query: the sequence number of the last event, signed together with the root field and
// the key that it belongs to, so that it resumes only the subscription it was made for.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a cursor belongs to. */
export interface CursorScope {
  /** Root field of the subscription, such as orderUpdated. */
  readonly field: string;
  /** The aggregate's id. */
  readonly key: string;
}

/** The cursor before the first event: anybody may ask for the whole story, so it needs no signature. */
export const beginning = '0';

export interface Cursors {
  seal(scope: CursorScope, sequence: number): string;
  /** The sequence number; undefined for a forged cursor or one of another subscription. */
  open(scope: CursorScope, cursor: string): number | undefined;
}

/** 128 bits of the signature: nobody guesses that, and cursors stay short. */
const signatureBytes = 16;

export function createCursors(secret: string): Cursors {
  const sign = ({ field, key }: CursorScope, sequence: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([field, key, sequence]))
      .digest()
      .subarray(0, signatureBytes);
  return {
    seal: (scope, sequence) => `${sequence}.${sign(scope, String(sequence)).toString('base64url')}`,
    open(scope, cursor) {
      if (cursor === beginning) return 0;
      const match = /^(0|[1-9]\d{0,9})\.([\w-]{22})$/.exec(cursor);
      if (match?.[1] === undefined || match[2] === undefined) return undefined;
      const given = Buffer.from(match[2], 'base64url');
      const expected = sign(scope, match[1]);
      return given.length === expected.length && timingSafeEqual(given, expected)
        ? Number(match[1])
        : undefined;
    },
  };
}
