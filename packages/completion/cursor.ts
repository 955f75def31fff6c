// The cursor of a live query: the sequence number of the last event and whether it was the final one, signed
// with the root field and the key that it belongs to, so that it resumes only the subscription it was made for.
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

/** How far a client has come. */
export interface Progress {
  readonly sequence: number;
  /** True when nothing follows any more: who resumes here is done. */
  readonly final: boolean;
}

export interface Cursors {
  seal(scope: CursorScope, progress: Progress): string;
  /** Undefined for a forged cursor or one of another subscription. */
  open(scope: CursorScope, cursor: string): Progress | undefined;
}

const finalMark = 'f';
const cursorPattern = /^((0|[1-9]\d{0,9})(f?))\.([\w-]{22})$/;

/** 128 bits of the signature: nobody guesses that, and cursors stay short. */
const signatureBytes = 16;

export function createCursors(secret: string): Cursors {
  const sign = ({ field, key }: CursorScope, place: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([field, key, place]))
      .digest()
      .subarray(0, signatureBytes);
  return {
    seal(scope, { sequence, final }) {
      const place = `${sequence}${final ? finalMark : ''}`;
      return `${place}.${sign(scope, place).toString('base64url')}`;
    },
    open(scope, cursor) {
      if (cursor === beginning) return { sequence: 0, final: false };
      const [, place, sequence, mark, signature] = cursorPattern.exec(cursor) ?? [];
      if (place === undefined || signature === undefined) return undefined;
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(scope, place);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      return { sequence: Number(sequence), final: mark === finalMark };
    },
  };
}
