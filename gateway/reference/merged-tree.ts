// The one tree that all answers are merged into. Its objects have no prototype, so that `__proto__`, `constructor` and
// `toString` are keys like any other, and they are its own: nothing of an answer is shared.
import { isObjectType } from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';

export type Tree = Record<string, unknown>;

export function newTree(): Tree {
  return Object.create(null) as Tree;
}

export function isObject(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Never an inherited property. */
export function readOwn(object: unknown, key: string): unknown {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function typenameOf(object: unknown): string | undefined {
  const name = readOwn(object, '__typename');
  return typeof name === 'string' ? name : undefined;
}

/** Objects key by key, lists index by index; where both have a value, the one that came first stays. */
export function mergeInto(supergraph: Supergraph, target: Tree, source: Tree): void {
  for (const [key, value] of Object.entries(source)) {
    const known = target[key];
    target[key] =
      key === '__typename' ? laterTypename(supergraph, known, value) : mergedValue(supergraph, known, value);
  }
}

/** Null is replaced by whatever comes, and replaces nothing. */
function mergedValue(supergraph: Supergraph, known: unknown, value: unknown): unknown {
  if (known == null) return value === undefined ? known : copyOf(supergraph, value);
  if (value == null) return known;
  if (kindOf(known) !== kindOf(value)) return contradictory(known, value);
  if (isObject(known) && isObject(value)) mergeInto(supergraph, known, value);
  if (!Array.isArray(known) || !Array.isArray(value)) return known;
  const length = Math.max(known.length, value.length);
  return Array.from({ length }, (_, index) => mergedValue(supergraph, known[index], value[index]));
}

function kindOf(value: unknown): 'list' | 'object' | 'leaf' {
  if (Array.isArray(value)) return 'list';
  return isObject(value) ? 'object' : 'leaf';
}

/** One is wrong, so the leaf stays: where it is the wrong one, it shows. No type takes what a list and an object become. */
function contradictory(known: unknown, value: unknown): unknown {
  if (kindOf(known) === 'leaf') return known;
  return kindOf(value) === 'leaf' ? value : Number.NaN;
}

/** The subgraph of an interface object knows only the interface's name, which never replaces an object's. */
function laterTypename({ fullSchema }: Supergraph, known: unknown, value: unknown): unknown {
  if (typeof known !== 'string') return value;
  return typeof value === 'string' && isObjectType(fullSchema.getType(value)) ? value : known;
}

function copyOf(supergraph: Supergraph, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => copyOf(supergraph, item));
  if (!isObject(value)) return value;
  const copy = newTree();
  mergeInto(supergraph, copy, value);
  return copy;
}
