// A real merge, for the few objects that two fetches bring: lists by index, objects key by key, the value that is there
// for the rest. Null is replaced by whatever comes and replaces nothing: it is what a failed fetch leaves too. Values of
// different kinds contradict each other, so that one of them is wrong; what stays must show it in either order.
import { slotMark } from '../compile/place.ts';
import { isObject, type LinkedObject } from './linked-object.ts';

export interface MergeRules {
  /** Whether it is the name of an object type: so interface objects are told from what they are. */
  readonly isObjectType: (name: unknown) => boolean;
  /** Whether other places show the source as well, so that it is copied. */
  readonly isShared: boolean;
}

/** Changes and returns `target` where both are objects or lists. */
export function mergeInto(target: unknown, source: unknown, rules: MergeRules): unknown {
  if (source == null) return target === undefined ? source : target;
  if (target == null) return rules.isShared ? copyOf(source) : source;
  if (Array.isArray(target) && Array.isArray(source)) {
    for (const [index, item] of source.entries()) target[index] = mergeInto(target[index], item, rules);
  } else if (isObject(target) && isObject(source) && target !== source) {
    for (const key of Object.keys(source)) mergeKey(target, key, source[key], rules);
  } else if (typeof target === 'object' && typeof source === 'object' && target !== source) {
    return wrongValue;
  } else if (typeof target === 'object') {
    return source;
  }
  return target;
}

/** An object and a list: no type takes it, so that it becomes an error wherever it stands. */
const wrongValue = Number.NaN;

function mergeKey(target: LinkedObject, key: string, value: unknown, rules: MergeRules): void {
  const known = Object.hasOwn(target, key) ? target[key] : undefined;
  if (key.startsWith(slotMark)) {
    // Links to one and the same entity: what hangs on the target stays.
    target[key] = known ?? value;
  } else if (key === '__typename') {
    target[key] = known === undefined || rules.isObjectType(value) ? value : known;
  } else {
    setOwn(target, key, mergeInto(known, value, rules));
  }
}

/** A scalar that is JSON may have any key; assigned, `__proto__` would set the prototype and be lost. */
function setOwn(target: LinkedObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}

/** With the same links. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isObject(value)) return value;
  const copy: LinkedObject = {};
  for (const key of Object.keys(value)) {
    setOwn(copy, key, key.startsWith(slotMark) ? value[key] : copyOf(value[key]));
  }
  return copy;
}
