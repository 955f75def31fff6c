// The fields of a whole message to a typed message. What is wrong with it comes back as a value, because the
// session answers it with a Reject and goes on (FIX 4.4 volume 2, "Reject").
import { fields, type Field, type FieldName } from './fields.ts';
import { parseFixTime } from './fix-time.ts';
import type { RawField } from './framing.ts';
import { isMsgType, messageForms, type FixMessage, type Header } from './messages.ts';

/** SessionRejectReason (373), as far as it is used. */
const rejectReason = {
  requiredTagMissing: 1,
  valueIncorrect: 5,
  dataFormatIncorrect: 6,
  tagRepeated: 13,
  groupCountIncorrect: 16,
} as const;

export interface Problem {
  readonly reason: number;
  readonly tag: number;
  readonly text: string;
}
export type Decoded =
  | { readonly kind: 'message'; readonly header: Header; readonly message: FixMessage }
  | { readonly kind: 'invalid'; readonly header: Header; readonly msgType: string; readonly problem: Problem }
  | { readonly kind: 'unsupported'; readonly header: Header; readonly msgType: string }
  | { readonly kind: 'headless'; readonly text: string };

const DECIMAL = /^-?\d+(\.\d+)?$/;
const INTEGER = /^\d{1,15}$/;
/** What we could not send back, as an order's id in its report, is not taken in either. */
const TEXT = /^[^\u0000-\u001f]+$/;

export function decode(raw: readonly RawField[]): Decoded {
  const msgType = raw[0]?.[1] ?? '';
  if (!TEXT.test(msgType)) return { kind: 'headless', text: 'MsgType is no readable text' };
  const header = readHeader(raw);
  if (typeof header === 'string') return { kind: 'headless', text: header };
  if (!isMsgType(msgType)) return { kind: 'unsupported', header, msgType };
  const form = messageForms[msgType];
  const names = [...form.required, ...form.optional] as FieldName[];
  const body = readFields(raw, new Map(names.map((name) => [fields[name].tag, name])));
  if ('reason' in body) return { kind: 'invalid', header, msgType, problem: body };
  for (const name of form.required) {
    if (body.values[name] === undefined) {
      const problem = problemWith(rejectReason.requiredTagMissing, name, 'is missing');
      return { kind: 'invalid', header, msgType, problem };
    }
  }
  return { kind: 'message', header, message: { msgType, ...body.values } as FixMessage };
}

/** A text says what is missing; without a number or names the message cannot even be rejected. */
function readHeader(raw: readonly RawField[]): Header | string {
  const found = new Map<number, string>();
  for (const [tag, value] of raw) if (!found.has(tag)) found.set(tag, value);
  const seq = found.get(34);
  const [senderCompId = '', targetCompId = ''] = [found.get(49), found.get(56)];
  const sendingTime = parseFixTime(found.get(52) ?? '');
  if (seq === undefined || !INTEGER.test(seq)) return 'MsgSeqNum is missing or not a number';
  if (!TEXT.test(senderCompId) || !TEXT.test(targetCompId)) return 'a CompID is missing or no readable text';
  if (sendingTime === undefined) return 'SendingTime is missing or not a time';
  return {
    msgSeqNum: Number(seq),
    senderCompId,
    targetCompId,
    sendingTime,
    possDup: found.get(43) === 'Y',
    possResend: found.get(97) === 'Y',
  };
}

/** Fields that are not in the message's form are ignored: a counterparty may send more than we use. */
function readFields(
  raw: readonly RawField[],
  known: Map<number, FieldName>,
): { values: Record<string, unknown> } | Problem {
  const values: Record<string, unknown> = {};
  for (let at = 0; at < raw.length; at += 1) {
    const [tag, text] = raw[at]!;
    const name = known.get(tag);
    if (name === undefined) continue;
    if (values[name] !== undefined)
      return problemWith(rejectReason.tagRepeated, name, 'appears more than once');
    const field: Field = fields[name];
    if (field.kind !== 'group') {
      const value = readValue(field, text);
      if (value === undefined) return valueProblem(field, name, text);
      values[name] = value;
      continue;
    }
    const group = readGroup(raw, at, [field.first, ...field.rest] as FieldName[]);
    if ('reason' in group) return group;
    if (String(group.entries.length) !== text) {
      return problemWith(rejectReason.groupCountIncorrect, name, `says ${text}, has ${group.entries.length}`);
    }
    values[name] = group.entries;
    at = group.last;
  }
  return { values };
}

function readGroup(
  raw: readonly RawField[],
  countAt: number,
  entryNames: readonly FieldName[],
): { entries: Record<string, unknown>[]; last: number } | Problem {
  const entries: Record<string, unknown>[] = [];
  let at = countAt + 1;
  for (; at < raw.length; at += 1) {
    const [tag, text] = raw[at]!;
    const name = entryNames.find((candidate) => fields[candidate].tag === tag);
    if (name === undefined) break;
    if (name === entryNames[0]) entries.push({});
    const entry = entries.at(-1);
    if (entry === undefined)
      return problemWith(rejectReason.groupCountIncorrect, name, 'stands outside its entry');
    const value = readValue(fields[name], text);
    if (value === undefined) return valueProblem(fields[name], name, text);
    entry[name] = value;
  }
  return { entries, last: at - 1 };
}

function readValue(field: Field, text: string): unknown {
  switch (field.kind) {
    case 'text':
      return TEXT.test(text) ? text : undefined;
    case 'int':
      return INTEGER.test(text) ? Number(text) : undefined;
    case 'decimal':
      return DECIMAL.test(text) ? text : undefined;
    case 'boolean':
      return text === 'Y' ? true : text === 'N' ? false : undefined;
    case 'time':
      return parseFixTime(text);
    case 'code':
      return field.values.includes(text) ? text : undefined;
    case 'group':
      return undefined;
  }
}

const valueProblem = (field: Field, name: FieldName, text: string): Problem =>
  problemWith(
    field.kind === 'code' ? rejectReason.valueIncorrect : rejectReason.dataFormatIncorrect,
    name,
    `has the value ${JSON.stringify(text)}`,
  );

const problemWith = (reason: number, name: FieldName, text: string): Problem => ({
  reason,
  tag: fields[name].tag,
  text: `${name} ${text}`,
});
