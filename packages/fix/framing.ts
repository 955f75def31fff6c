// Cuts a byte stream into whole FIX messages. TCP delivers parts of messages and several glued together; this
// parser keeps the rest for the next chunk, and skips and counts what is garbled, as FIX 4.4 volume 2 asks
// ("Garbled messages": ignore it, continue with the next valid BeginString; the gap is found by its number).

const SOH = 0x01;
const BEGIN = '8=FIX.4.4\u00019=';
const BEGIN_BYTES = Buffer.from(BEGIN, 'latin1');
const TRAILER_LENGTH = 7; // "10=nnn" and the delimiter.
const MAX_LENGTH_DIGITS = 6;
/** Bytes of one message's body. The largest real message, a quote with all its levels, has under 1 KiB. */
export const MAX_BODY_BYTES = 64 * 1024;

/** The fields between BodyLength and CheckSum, in order. */
export type RawField = readonly [tag: number, value: string];

export class Framing {
  /** Stretches of bytes that were skipped because no valid message began or ended there. */
  garbled = 0;
  #rest: Buffer = Buffer.alloc(0);
  #skipping = false;

  /** Takes the next bytes and returns the messages that are complete now, oldest first. */
  push(chunk: Uint8Array): RawField[][] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    const messages: RawField[][] = [];
    let at = 0;
    for (;;) {
      const found = readMessage(this.#rest, at);
      if (found === 'incomplete') break;
      if (found === 'garbled') {
        if (!this.#skipping) this.garbled += 1;
        this.#skipping = true;
        at = nextBegin(this.#rest, at + 1);
        continue;
      }
      this.#skipping = false;
      messages.push(found.fields);
      at = found.end;
    }
    this.#rest = this.#rest.subarray(at);
    return messages;
  }
}

type Found = { fields: RawField[]; end: number } | 'incomplete' | 'garbled';

function readMessage(bytes: Buffer, start: number): Found {
  const present = Math.min(BEGIN_BYTES.length, bytes.length - start);
  if (bytes.compare(BEGIN_BYTES, 0, present, start, start + present) !== 0) return 'garbled';
  if (present < BEGIN_BYTES.length) return 'incomplete';

  const lengthAt = start + BEGIN_BYTES.length;
  const lengthEnd = bytes.indexOf(SOH, lengthAt);
  if (lengthEnd === -1) return bytes.length - lengthAt > MAX_LENGTH_DIGITS ? 'garbled' : 'incomplete';
  const digits = bytes.toString('latin1', lengthAt, lengthEnd);
  if (!/^\d{1,6}$/.test(digits) || Number(digits) > MAX_BODY_BYTES) return 'garbled';

  const bodyAt = lengthEnd + 1;
  const bodyEnd = bodyAt + Number(digits);
  const end = bodyEnd + TRAILER_LENGTH;
  if (bytes.length < end) return 'incomplete';
  const trailer = bytes.toString('latin1', bodyEnd, end);
  if (trailer !== `10=${checkSum(bytes.subarray(start, bodyEnd))}\u0001`) return 'garbled';
  const fields = splitFields(bytes.toString('latin1', bodyAt, bodyEnd));
  // MsgType must be the third field of the message, which is the first one here.
  return fields === undefined || fields[0]?.[0] !== 35 ? 'garbled' : { fields, end };
}

/** The first place from `from` on where a message may begin; a part of BeginString at the very end counts. */
function nextBegin(bytes: Buffer, from: number): number {
  const whole = bytes.indexOf(BEGIN_BYTES, from);
  if (whole !== -1) return whole;
  for (let at = Math.max(from, bytes.length - BEGIN_BYTES.length + 1); at < bytes.length; at += 1) {
    if (bytes.compare(BEGIN_BYTES, 0, bytes.length - at, at, bytes.length) === 0) return at;
  }
  return bytes.length;
}

/** Undefined when it is not a list of `tag=value` that each end with the delimiter. */
export function splitFields(body: string): RawField[] | undefined {
  const fields: RawField[] = [];
  let at = 0;
  while (at < body.length) {
    const equals = body.indexOf('=', at);
    const end = body.indexOf('\u0001', at);
    if (end === -1 || equals === -1 || equals > end) return undefined;
    const tag = Number(body.slice(at, equals));
    if (!Number.isInteger(tag) || tag <= 0) return undefined;
    fields.push([tag, body.slice(equals + 1, end)]);
    at = end + 1;
  }
  return fields;
}

/** The sum of all bytes before the trailer, modulo 256, as three digits (FIX 4.4 volume 2, "CheckSum"). */
function checkSum(bytes: Uint8Array): string {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return String(sum).padStart(3, '0');
}

/** The whole message around the given fields: BeginString and BodyLength before them, CheckSum after. */
export function frame(fields: readonly RawField[]): string {
  let body = '';
  for (const [tag, value] of fields) body += `${tag}=${value}\u0001`;
  const text = `${BEGIN}${body.length}\u0001${body}`;
  return `${text}10=${checkSum(Buffer.from(text, 'latin1'))}\u0001`;
}
