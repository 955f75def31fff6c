// The generated code of one operation: its collectors and its projector, made into functions all at once. Each call of
// the Function constructor has a price of its own, which for an operation with a hundred links was a third of compiling.
import type { EntityRecord, LinkedObject } from '../execute/linked-object.ts';

/** Builds the answer; throws `bailed` at the first value that is not what the schema says. */
export type Projector = (root: LinkedObject) => Record<string, unknown>;

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

/** Pieces of code as they are generated, and what they refer to. */
export interface Code {
  readonly functions: string[];
  /** By their index in the code: write what is no scalar into a representation. */
  readonly writers: ((value: unknown) => string | undefined)[];
  /** By the names of their functions: who gets them. */
  readonly collectors: Map<string, (collector: Collector) => void>;
}

/** What projectors call by these names. */
export interface CodeScope {
  readonly bail: () => never;
  readonly isInterface: (name: unknown) => boolean;
}

/** Whether the platform allows it. */
export const canGenerateCode = ((): boolean => {
  try {
    // oxlint-disable-next-line no-new-func -- asks only
    return new Function('return true')() === true;
  } catch {
    return false;
  }
})();

export function newCode(): Code {
  return { functions: [], writers: [], collectors: new Map() };
}

const common = `"use strict";
let known, texts, records, linked;
function begin(found, list) {
  known = found.known; texts = found.texts; records = found.records; linked = list;
}
function end() { known = texts = records = linked = undefined; }
function newRecord(key, text) {
  const record = { entity: undefined, linkedBy: 0, index: records.length };
  known.set(key, record); texts.push(text); records.push(record);
  return record;
}
function link(record, mask) {
  if ((record.linkedBy & mask) === 0) { record.linkedBy |= mask; linked.push(record); }
}`;

/** Gives each collector to its link, and returns the projector, of which `projector` is the name. */
export function makeCode(
  { functions, writers, collectors }: Code,
  projector: string,
  { bail, isInterface }: CodeScope,
): Projector {
  const names = [...collectors.keys()].join(', ');
  const text = `${common}\n${functions.join('\n')}\nreturn { project: ${projector}, collectors: { ${names} } };`;
  // oxlint-disable-next-line no-new-func -- the code holds nothing of the client's text but validated names
  const make = new Function('write', 'text', 'bail', 'isInterface', text);
  const made = make(writers, JSON.stringify, bail, isInterface) as {
    readonly project: Projector;
    readonly collectors: Readonly<Record<string, Collector>>;
  };
  for (const [name, take] of collectors) {
    const collector = made.collectors[name];
    if (collector !== undefined) take(collector);
  }
  return made.project;
}
