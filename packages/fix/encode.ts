// Typed message to FIX text, and a stored message to its possible duplicate for a resend.
import { fields, type FieldName } from './fields.ts';
import { formatFixTime } from './fix-time.ts';
import { frame, splitFields, type RawField } from './framing.ts';
import { messageForms, type FixMessage, type Header } from './messages.ts';

type Value = string | number | boolean | readonly Record<string, unknown>[] | undefined;

const CONTROL_CHARACTERS = /[\u0000-\u001f]/;
const NOT_LATIN1 = /[^\u0000-\u00ff]/g;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** The whole message with header and checksum; throws when a value cannot stand in a FIX message. */
export function encode(message: FixMessage, header: Header): string {
  const out: RawField[] = [
    [35, message.msgType],
    [34, String(header.msgSeqNum)],
    [49, header.senderCompId],
    [56, header.targetCompId],
    [52, formatFixTime(header.sendingTime)],
  ];
  if (header.possDup) out.push([43, 'Y'], [122, formatFixTime(header.sendingTime)]);
  if (header.possResend) out.push([97, 'Y']);
  const form = messageForms[message.msgType];
  const values = message as unknown as Readonly<Record<string, Value>>;
  for (const name of [...form.required, ...form.optional] as FieldName[]) append(out, name, values[name]);
  return frame(out);
}

function append(out: RawField[], name: FieldName, value: Value): void {
  if (value === undefined) return;
  const field = fields[name];
  if (field.kind === 'group') {
    const entries = value as readonly Record<string, Value>[];
    out.push([field.tag, String(entries.length)]);
    for (const entry of entries)
      for (const inner of [field.first, ...field.rest] as FieldName[]) append(out, inner, entry[inner]);
    return;
  }
  out.push([field.tag, fieldText(name, value)]);
}

function fieldText(name: FieldName, value: Value): string {
  const kind = fields[name].kind;
  if (kind === 'time') return formatFixTime(value as number);
  if (kind === 'boolean') return value === true ? 'Y' : 'N';
  // The encoding is Latin-1, so that a text's length is its length in bytes.
  const text = String(value).replaceAll(NOT_LATIN1, '?');
  // A delimiter inside a value would let a customer's text add fields of its own to an order.
  if (text === '' || CONTROL_CHARACTERS.test(text))
    throw new Error(`${name} cannot be sent: ${JSON.stringify(text)}`);
  if (kind === 'decimal' && !DECIMAL.test(text)) throw new Error(`${name} is not a decimal number: ${text}`);
  return text;
}

/** The same message under its old number with PossDupFlag and OrigSendingTime, as a resend has to be. */
export function asPossibleDuplicate(stored: string, sendingTime: number): string {
  const bodyAt = stored.indexOf('\u0001', stored.indexOf('\u00019=') + 1) + 1;
  const raw = splitFields(stored.slice(bodyAt, stored.lastIndexOf('10=')));
  if (raw === undefined) throw new Error(`The stored message is not a FIX message: ${stored}`);
  const original = raw.find(([tag]) => tag === 52)?.[1] ?? formatFixTime(sendingTime);
  const out: RawField[] = [];
  for (const [tag, value] of raw) {
    if (tag === 43 || tag === 122) continue;
    if (tag !== 52) out.push([tag, value]);
    else out.push([52, formatFixTime(sendingTime)], [43, 'Y'], [122, original]);
  }
  return frame(out);
}
