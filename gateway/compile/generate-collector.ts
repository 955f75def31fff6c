// Generates the code that finds the entities of a link: walks to its place, reads what a representation is made of,
// and hangs one record on all objects of the same entity. Does what compile/walk-path.ts and compile/representation.ts
// do object by object, several times faster on long lists; where no code may be generated, they serve.
import type { Code, Collector } from './generate-code.ts';
import type { Link, Place } from './place.ts';
import { declareLinks, readCode, readScalarCode, withNullCode } from './generate-reads.ts';
import type { RepresentationPart, RepresentationParts } from './representation.ts';
import type { PathWalk, Step } from './walk-path.ts';

export interface CollectorInput {
  readonly link: Link;
  /** The link's bit in EntityRecord.linkedBy. */
  readonly bit: number;
  readonly walk: PathWalk;
  /** By the type that stands at the place; types that are not asked for are left out. */
  readonly byType: ReadonlyMap<string, RepresentationParts>;
  /** Whether all links of the lookup find objects of this one type only, which needs no look at `__typename`. */
  readonly onlyType: string | undefined;
  /** Called with the collector when the code is made. */
  readonly take: (collector: Collector) => void;
}

/** More cases than this would be slower than looking the type up. */
export const mostTypes = 40;

/** Adds the collector's functions to the code. */
export function generateCollector(code: Code, input: CollectorInput): void {
  const { steps } = input.walk;
  const name = `c${code.collectors.size}`;
  for (const [index, step] of steps.entries()) {
    code.functions.push(stepFunction(name, index, stepBody(name, step, index)));
  }
  code.functions.push(stepFunction(name, steps.length, visitBody(code, input)));
  code.functions.push(
    `function ${name}(start, found, list) { begin(found, list); ${name}s0(start); end(); }`,
  );
  code.collectors.set(name, input.take);
}

/** Lists are gone through however deep they are. */
function stepFunction(name: string, index: number, body: string): string {
  return `function ${name}s${index}(o) {
  if (Array.isArray(o)) { for (let i = 0, n = o.length; i < n; i++) ${name}s${index}(o[i]); return; }
  if (typeof o !== "object" || o === null) return;
  let t; ${body}
}`;
}

function stepBody(name: string, step: Step, index: number): string {
  if (step.kind === 'field') {
    return `${declareLinks(step.providers)}const v = ${readCode(step.providers)}; ${name}s${index + 1}(v);`;
  }
  const isNamed = [...step.names].map((type) => `y === ${JSON.stringify(type)}`).join(' || ');
  return `${typenameCode(step.place)} if (${isNamed || 'false'}) ${name}s${index + 1}(o);`;
}

/** Makes `y` what typenameAt (compile/representation.ts) gives. */
function typenameCode({ typename, typeNames }: Place): string {
  const [only] = typeNames;
  const otherwise = typeNames.size === 1 ? JSON.stringify(only) : 'undefined';
  return `let y; { ${declareLinks(typename)}y = ${readCode(typename)}; } if (typeof y !== "string") y = ${otherwise};`;
}

function visitBody(code: Code, input: CollectorInput): string {
  const { link, byType, onlyType } = input;
  const reuse = `const k = o.${link.slot}; if (k !== undefined) { ${linkCall('k', input)}; return; }`;
  const only = onlyType === undefined ? undefined : byType.get(onlyType);
  if (only !== undefined) return `${reuse} ${recordCode(code, input, only, true)}`;
  const cases = [...byType].map(
    ([typeName, parts]) =>
      `case ${JSON.stringify(typeName)}: { ${recordCode(code, input, parts, false)} return; }`,
  );
  return `${reuse} ${typenameCode(link.place)} switch (y) { ${cases.join('\n')} }`;
}

/** Reads the parts, finds or makes the record, links it. */
function recordCode(
  code: Code,
  input: CollectorInput,
  { constant, parts, keys }: RepresentationParts,
  isOnly: boolean,
): string {
  const reads = parts.map((part, index) => partCode(code, part, index)).join(' ');
  const links = declareLinks(parts.flatMap(({ providers }) => providers));
  const whole = [JSON.stringify(constant), ...parts.map(pieceCode), '"}"'].join(' + ');
  const [single] = parts;
  // A key of one scalar is its own identity, and its text is needed once only. Objects are alike for no one else.
  const identify =
    isOnly && parts.length === 1 && single?.write === undefined && single?.isNeeded === true
      ? `const key = v0; let record = known.get(key); if (record === undefined) record = newRecord(key, ${whole});`
      : `const key = ${whole}; let record = known.get(key); if (record === undefined) record = newRecord(key, key);`;
  return `${links}${reads} ${keysCode(parts, keys)}${identify} o.${input.link.slot} = record; ${linkCall('record', input)};`;
}

/** Gives up when no key is there as a whole. */
function keysCode(parts: readonly RepresentationPart[], keys: RepresentationParts['keys']): string {
  if (keys.length === 0) return '';
  const isThere = (index: number) =>
    parts[index]?.isNeeded === true ? `v${index} !== null` : `w${index} !== undefined`;
  const wholes = keys.map((key) => key.map(isThere).join(' && ') || 'true');
  return `if (!(${wholes.join(' || ')})) return; `;
}

function linkCall(record: string, { bit }: CollectorInput): string {
  return `link(${record}, ${1 << bit})`;
}

/** Declares `v…`, the value, and `w…`, its text, where that is not made in passing. */
function partCode(
  code: Code,
  { providers, isNullable, isNeeded, write }: RepresentationPart,
  index: number,
): string {
  if (write !== undefined) code.writers.push(write);
  const written = write === undefined ? `text(v${index})` : `write[${code.writers.length - 1}](v${index})`;
  const value = write === undefined ? readScalarCode(providers) : readCode(providers);
  const read = `const v${index} = ${isNullable ? withNullCode(providers, value) : value};`;
  if (!isNeeded) return `${read} const w${index} = v${index} == null ? undefined : ${written};`;
  const present = `${read} if (${isNullable ? `v${index} === undefined` : `v${index} == null`}) return;`;
  if (write === undefined) return present;
  return `${present} const w${index} = ${written}; if (w${index} === undefined) return;`;
}

function pieceCode({ before, write, isNeeded }: RepresentationPart, index: number): string {
  const name = JSON.stringify(before);
  if (!isNeeded) return `(w${index} === undefined ? "" : ${name} + w${index})`;
  return `${name} + ${write === undefined ? `text(v${index})` : `w${index}`}`;
}
