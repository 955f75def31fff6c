// Generates the code that finds the entities of a link: walks to its place, reads what a representation is made of,
// and hangs one record on all objects of the same entity. Does what compile/walk-path.ts and compile/representation.ts
// do object by object, several times faster on long lists; where no code may be generated, they serve.
import type { EntityRecord, LinkedObject } from '../execute/linked-object.ts';
import type { Link } from './place.ts';
import { declareLinks, readCode } from './generate-reads.ts';
import type { RepresentationPart, RepresentationParts } from './representation.ts';
import type { PathWalk, Step } from './walk-path.ts';

/** What one lookup has found so far, over all its links. */
export interface Found {
  /** By what makes an entity the same. */
  readonly known: Map<unknown, EntityRecord>;
  /** Representations, in the order of the records. */
  readonly texts: string[];
  readonly records: EntityRecord[];
}

/** Begins at a value that the walk begins at: the root, or an entity of another lookup. */
export type Collector = (start: LinkedObject, found: Found, linked: EntityRecord[]) => void;

export interface CollectorInput {
  readonly link: Link;
  /** The link's bit in EntityRecord.linkedBy. */
  readonly bit: number;
  readonly walk: PathWalk;
  /** By the type that stands at the place; types that are not asked for are left out. */
  readonly byType: ReadonlyMap<string, RepresentationParts>;
  /** Whether all links of the lookup find objects of this one type only, which needs no look at `__typename`. */
  readonly onlyType: string | undefined;
}

interface Work {
  readonly functions: string[];
  readonly writers: ((value: unknown) => string | undefined)[];
}

/** More cases than this would be slower than looking the type up. */
export const mostTypes = 40;

export function generateCollector(input: CollectorInput): Collector {
  const work: Work = { functions: [], writers: [] };
  input.walk.steps.forEach((step, index) => work.functions.push(stepFunction(index, stepBody(step, index))));
  work.functions.push(stepFunction(input.walk.steps.length, visitBody(work, input)));
  const code = `"use strict";
let known, texts, records, linked;
function newRecord(key, text) {
  const record = { entity: undefined, linkedBy: 0, index: records.length };
  known.set(key, record); texts.push(text); records.push(record);
  return record;
}
function link(record) {
  if ((record.linkedBy & ${1 << input.bit}) === 0) { record.linkedBy |= ${1 << input.bit}; linked.push(record); }
}
${work.functions.join('\n')}
return function collect(start, found, list) {
  known = found.known; texts = found.texts; records = found.records; linked = list;
  s0(start);
};`;
  // oxlint-disable-next-line no-new-func -- the code holds nothing of the client's text but validated names
  return new Function('write', 'text', code)(work.writers, JSON.stringify) as Collector;
}

/** Lists are gone through however deep they are. */
function stepFunction(index: number, body: string): string {
  return `function s${index}(o) {
  if (Array.isArray(o)) { for (let i = 0, n = o.length; i < n; i++) s${index}(o[i]); return; }
  if (typeof o !== "object" || o === null) return;
  let t; ${body}
}`;
}

function stepBody(step: Step, index: number): string {
  if (step.kind === 'field') {
    return `${declareLinks(step.providers)}const v = ${readCode(step.providers)}; s${index + 1}(v);`;
  }
  const typename = step.place.fields.get('__typename')?.providers.toReversed() ?? [];
  const [only] = step.place.typeNames;
  const otherwise = step.place.typeNames.size === 1 ? JSON.stringify(only) : 'undefined';
  const isNamed = [...step.names].map((name) => `y === ${JSON.stringify(name)}`).join(' || ');
  return `${declareLinks(typename)}let y = ${readCode(typename)}; if (typeof y !== "string") y = ${otherwise}; if (${isNamed || 'false'}) s${index + 1}(o);`;
}

function visitBody(work: Work, input: CollectorInput): string {
  const { link, byType, onlyType } = input;
  const reuse = `const k = o.${link.slot}; if (k !== undefined) { link(k); return; }`;
  const only = onlyType === undefined ? undefined : byType.get(onlyType);
  if (only !== undefined) return `${reuse} ${recordCode(work, link, only, true)}`;
  const typename = link.place.fields.get('__typename')?.providers.toReversed() ?? [];
  const cases = [...byType].map(
    ([typeName, parts]) =>
      `case ${JSON.stringify(typeName)}: { ${recordCode(work, link, parts, false)} return; }`,
  );
  return `${reuse} let y; { ${declareLinks(typename)}y = ${readCode(typename)}; } switch (y) { ${cases.join('\n')} }`;
}

/** Reads the parts, finds or makes the record, links it. */
function recordCode(
  work: Work,
  link: Link,
  { constant, parts }: RepresentationParts,
  isOnly: boolean,
): string {
  const reads = parts.map((part, index) => partCode(work, part, index)).join(' ');
  const links = declareLinks(parts.flatMap(({ providers }) => providers));
  const pieces = parts.map(
    ({ before, write }, index) =>
      `${JSON.stringify(before)} + ${write === undefined ? `text(v${index})` : `w${index}`}`,
  );
  const whole = [JSON.stringify(constant), ...pieces, '"}"'].join(' + ');
  const [single] = parts;
  // A key of one scalar is its own identity, and its text is needed once only.
  const identify =
    isOnly && parts.length === 1 && single?.write === undefined
      ? `const key = typeof v0 === "object" ? text(v0) : v0; let record = known.get(key); if (record === undefined) record = newRecord(key, ${whole});`
      : `const key = ${whole}; let record = known.get(key); if (record === undefined) record = newRecord(key, key);`;
  return `${links}${reads} ${identify} o.${link.slot} = record; link(record);`;
}

function partCode(work: Work, { providers, isNullable, write }: RepresentationPart, index: number): string {
  const absent = isNullable ? `v${index} === undefined` : `v${index} == null`;
  const read = `const v${index} = ${readCode(providers)}; if (${absent} || typeof v${index} === "function") return;`;
  if (write === undefined) return read;
  work.writers.push(write);
  return `${read} const w${index} = write[${work.writers.length - 1}](v${index}); if (w${index} === undefined) return;`;
}
