// The cursor of a live query: the sequence number of the last event and whether it was the final one, or a digest of the
// state that the client has, signed with the root field and the key that it belongs to, so that it resumes only the
// subscription it was made for.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a cursor belongs to. */
export interface CursorScope {
  /** Root field of the subscription, such as orderUpdated. */
  readonly field: string;
  /** The aggregate's id. */
  readonly key: string;
}

/** The cursor before the first event or state: anybody may ask for the whole story, so it needs no signature. */
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
  /** `digest`: 16 characters of base64url. */
  sealState(scope: CursorScope, digest: string): string;
  /** The digest, empty for the beginning; undefined as above. */
  openState(scope: CursorScope, cursor: string): string | undefined;
}

const finalMark = 'f';
const eventPlace = /^(0|[1-9]\d{0,9})(f?)$/;
const statePlace = /^[\w-]{16}$/;
const cursorPattern = /^([\w-]{1,16})\.([\w-]{22})$/;

/** 128 bits of the signature: nobody guesses that, and cursors stay short. */
const signatureBytes = 16;

export function createCursors(secret: string): Cursors {
  const sign = ({ field, key }: CursorScope, place: string) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([field, key, place]))
      .digest()
      .subarray(0, signatureBytes);
  const seal = (scope: CursorScope, place: string) => `${place}.${sign(scope, place).toString('base64url')}`;
  const open = (scope: CursorScope, cursor: string): string | undefined => {
    const [, place, signature] = cursorPattern.exec(cursor) ?? [];
    if (place === undefined || signature === undefined) return undefined;
    const given = Buffer.from(signature, 'base64url');
    const expected = sign(scope, place);
    return given.length === expected.length && timingSafeEqual(given, expected) ? place : undefined;
  };
  return {
    seal(scope, { sequence, final }) {
      return seal(scope, `${sequence}${final ? finalMark : ''}`);
    },
    open(scope, cursor) {
      if (cursor === beginning) return { sequence: 0, final: false };
      const [, sequence, mark] = eventPlace.exec(open(scope, cursor) ?? '') ?? [];
      return sequence === undefined ? undefined : { sequence: Number(sequence), final: mark === finalMark };
    },
    sealState: seal,
    openState(scope, cursor) {
      if (cursor === beginning) return '';
      const place = open(scope, cursor);
      return place !== undefined && statePlace.test(place) ? place : undefined;
    },
  };
}
