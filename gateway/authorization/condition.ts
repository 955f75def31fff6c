// What a caller must bring to see something, as conditions that all have to hold. Equal conditions are one object, so
// that an operation's rights are a handful of bits.
import type { Caller } from '../gateway-request.ts';

/** Or of ands: `[["a", "b"], ["c"]]` is met by a and b together, or by c alone. */
export type AnyOfAll = readonly (readonly string[])[];

export type Condition =
  | { readonly kind: 'authenticated'; readonly key: string }
  | { readonly kind: 'scopes' | 'policies'; readonly key: string; readonly anyOf: AnyOfAll };

export const authenticated: Condition = { kind: 'authenticated', key: 'authenticated' };

/** Undefined when everybody meets it. */
export function listCondition(kind: 'scopes' | 'policies', anyOf: AnyOfAll): Condition | undefined {
  // An empty list would be an "or" of nothing, which nobody meets; Router and composition take it as no condition.
  if (anyOf.length === 0 || anyOf.some((all) => all.length === 0)) return undefined;
  const sorted = minimal(anyOf);
  return { kind, key: `${kind}:${JSON.stringify(sorted)}`, anyOf: sorted };
}

export function isMet(condition: Condition, caller: Caller): boolean {
  if (condition.kind === 'authenticated') return caller.isAuthenticated;
  const held = condition.kind === 'scopes' ? caller.scopes : caller.policies;
  return condition.anyOf.some((all) => all.every((name) => held.has(name)));
}

/** Whether whoever meets all of `given` also meets `wanted`. No when finding out would cost too much: then both bind. */
export function isImplied(wanted: Condition, given: readonly Condition[]): boolean {
  if (wanted.kind === 'authenticated') return given.some(({ kind }) => kind === 'authenticated');
  const lists = given.flatMap((condition) => (condition.kind === wanted.kind ? [condition.anyOf] : []));
  const together = conjunction(lists);
  return together !== undefined && together.every((all) => wanted.anyOf.some((one) => isSubset(one, all)));
}

/** A conjunction of n lists with m entries each has m^n entries; no schema written by hand comes near. */
const mostEntries = 1_000;

function conjunction(lists: readonly AnyOfAll[]): AnyOfAll | undefined {
  let product: AnyOfAll = [[]];
  for (const list of lists) {
    if (product.length * list.length > mostEntries) return undefined;
    product = minimal(product.flatMap((left) => list.map((right) => [...left, ...right])));
  }
  return product;
}

/** Sorted, without doubles and without entries that ask for more than another one does. */
function minimal(anyOf: AnyOfAll): AnyOfAll {
  const sorted = anyOf.map((all) => [...new Set(all)].toSorted());
  const distinct = [...new Map(sorted.map((all) => [JSON.stringify(all), all])).entries()];
  return distinct
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, all]) => all)
    .filter((all, _index, entries) => !entries.some((other) => other !== all && isSubset(other, all)));
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((name) => all.includes(name));
}
