// Which errors a client still has to be told of, once fields have got their fallbacks.
import type { GraphQLFormattedError } from 'graphql';
import type { Degraded } from './degraded-result.ts';
import { isResponseObject, type ResponseObject, type ResponsePath } from './walk-answer.ts';

/**
 * An error at or below a field that now has its fallback says nothing any more. One above it, such as that of an entity
 * whose request failed, stays while any other null under it may be its doing.
 */
export function errorsLeft(
  data: ResponseObject,
  errors: readonly GraphQLFormattedError[],
  degraded: readonly Degraded[],
): readonly GraphQLFormattedError[] {
  const settled = new Set(degraded.map(({ path }) => keyOf(path)));
  const above = new Set(
    degraded.flatMap(({ path }) => path.map((_, length) => keyOf(path.slice(0, length)))),
  );
  return errors.filter(({ path }) => {
    if (path === undefined || path.length === 0) return true;
    if (path.some((_, index) => settled.has(keyOf(path.slice(0, index + 1))))) return false;
    return !above.has(keyOf(path)) || hasNull(valueAt(data, path), path, settled);
  });
}

function hasNull(value: unknown, path: ResponsePath, settled: ReadonlySet<string>): boolean {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const entries: Iterable<[string | number, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value as ResponseObject);
  for (const [key, child] of entries) {
    const below = [...path, key];
    if (!settled.has(keyOf(below)) && hasNull(child, below, settled)) return true;
  }
  return false;
}

function valueAt(data: ResponseObject, path: ResponsePath): unknown {
  let value: unknown = data;
  for (const segment of path) {
    if (Array.isArray(value) && typeof segment === 'number') value = value[segment];
    else if (isResponseObject(value) && Object.hasOwn(value, segment)) value = value[segment];
    else return undefined;
  }
  return value;
}

/** Names hold no dots. */
function keyOf(path: ResponsePath): string {
  return path.join('.');
}
