// A real merge, for the few objects that two fetches bring: lists by index, objects key by key, the later value for
// the rest; what is there is never replaced by null.
import { isObject } from './linked-object.ts';

/** Changes and returns `target` where both are objects or lists. */
export function mergeInto(target: unknown, source: unknown): unknown {
  if (source == null) return target === undefined ? source : target;
  if (Array.isArray(target) && Array.isArray(source)) {
    for (const [index, item] of source.entries()) target[index] = mergeInto(target[index], item);
    return target;
  }
  if (!isObject(target) || !isObject(source) || target === source) return source;
  for (const key of Object.keys(source)) {
    // Links to one and the same entity: what hangs on the target stays.
    if (key.startsWith('$') && Object.hasOwn(target, key)) continue;
    target[key] = mergeInto(Object.hasOwn(target, key) ? target[key] : undefined, source[key]);
  }
  return target;
}
