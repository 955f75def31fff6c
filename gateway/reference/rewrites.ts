// The plan's rewrites: keys that a planner aliased get their names back, values of a representation are set.
import type { KeyRename, RewriteSegment, ValueSetter } from '../planner/plan.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { isObject, readOwn, typenameOf, type Tree } from './merged-tree.ts';
import type { ResponsePath } from './positions.ts';
import { meetsOneOf } from './type-condition.ts';

/** `typeName` is the object's when the answer itself does not say it. */
export function renameKeys(
  supergraph: Supergraph,
  renames: readonly KeyRename[],
  object: Tree,
  typeName: string | undefined,
): void {
  for (const { path, to } of renames) {
    atPath(supergraph, path, object, typeName, (holder, key) => {
      if (!Object.hasOwn(holder, key)) return;
      const value = holder[key];
      delete holder[key];
      define(holder, to, value);
    });
  }
}

export function setValues(supergraph: Supergraph, setters: readonly ValueSetter[], object: Tree): void {
  for (const { path, value } of setters) {
    atPath(supergraph, path, object, undefined, (holder, key) => define(holder, key, value));
  }
}

/** The path of an error, after the renaming of what it points to. */
export function renamePath(renames: readonly KeyRename[], path: ResponsePath): ResponsePath {
  let result = path;
  for (const { path: renamed, to } of renames) {
    const keys = renamed.flatMap((segment) => (segment.kind === 'key' ? [segment.name] : []));
    const places = result.flatMap((step, index) => (typeof step === 'string' ? [index] : []));
    const last = places[keys.length - 1];
    if (last === undefined || !keys.every((key, index) => result[places[index] ?? -1] === key)) continue;
    result = result.with(last, to);
  }
  return result;
}

function atPath(
  supergraph: Supergraph,
  path: readonly RewriteSegment[],
  value: unknown,
  typeName: string | undefined,
  apply: (holder: Tree, key: string) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) atPath(supergraph, path, item, typeName, apply);
    return;
  }
  const [segment, ...rest] = path;
  if (!isObject(value) || segment === undefined) return;
  if (segment.kind === 'types') {
    // Planners ask for the type wherever it matters: without one, the condition always holds.
    const actual = typenameOf(value) ?? typeName;
    if (actual !== undefined && !meetsOneOf(supergraph, actual, segment.names)) return;
    atPath(supergraph, rest, value, typeName, apply);
  } else if (rest.length === 0) {
    apply(value, segment.name);
  } else {
    atPath(supergraph, rest, readOwn(value, segment.name), undefined, apply);
  }
}

/** An assignment to `__proto__` would change the prototype. */
function define(holder: Tree, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}
