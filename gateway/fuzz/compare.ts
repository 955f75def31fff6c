// When two answers are the same, and when a partial answer is an honest one.
import { mostPlacesOfAnError } from '../errors/error-log.ts';

export interface Answer {
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly { readonly message: string; readonly path?: readonly (string | number)[] }[];
}

/** What differs first; undefined when nothing does. */
export function findDifference(expected: Answer, actual: Answer): string | undefined {
  const texts = [JSON.stringify(expected.data), JSON.stringify(actual.data)];
  if (texts[0] !== texts[1]) return 'data';
  if (isCut(expected) && isCut(actual)) return undefined;
  const [wanted, found] = [landings(expected), landings(actual)];
  return wanted === found ? undefined : 'errors';
}

/** It shows an error at as many places as it may: which ones depends on the order of fetches. */
function isCut({ errors }: Answer): boolean {
  const places = Map.groupBy(errors, ({ message }) => message).values();
  return places.some(({ length }) => length >= mostPlacesOfAnError);
}

/**
 * Where errors show in the data: at the null that each of them left. Several errors below one null are one: GraphQL lets
 * an executor stop at the first, and which one that is depends on who asks whom in which order.
 */
export function landings({ data, errors }: Answer): string {
  const places = errors.map(({ path = [] }) => JSON.stringify(landingOf(data, path)));
  return [...new Set(places)].toSorted().join(' ');
}

function landingOf(data: unknown, path: readonly (string | number)[]): readonly (string | number)[] {
  let value = data;
  for (const [depth, key] of path.entries()) {
    if (typeof value !== 'object' || value === null) return path.slice(0, depth);
    value = Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined;
  }
  return path;
}

/** The paths as they are, each once. */
export function errorPaths(answer: Answer): string {
  if (isCut(answer)) return 'more than are shown';
  const { errors } = answer;
  return [...new Set(errors.map(({ path = [] }) => JSON.stringify(path)))].toSorted().join(' ');
}

export type Lie = 'unexplained null' | 'another value' | 'other keys';

/**
 * What is not the truth in a partial answer: a value or a key that the whole one does not have, or a null that no error
 * explains. An error explains the nulls of its object: it may stand at a field that was fetched for another one's sake.
 */
export function findLie(
  whole: Answer,
  partial: Answer,
  isAllowed: (lie: Lie) => boolean,
): { readonly lie: Lie; readonly path: Path } | undefined {
  const errors = partial.errors.map(({ path = [] }) => path);
  const isExplained = (path: Path) =>
    errors.some((other) => {
      const length = Math.max(0, Math.min(other.length, path.length - 1));
      return other.slice(0, length).every((key, index) => key === path[index]);
    });
  const found = (lie: Lie, path: Path) => (isAllowed(lie) ? undefined : { lie, path });
  const compare = (left: unknown, right: unknown, path: Path): ReturnType<typeof findLie> => {
    if (right === null) {
      return left === null || isExplained(path) || isCut(partial)
        ? undefined
        : found('unexplained null', path);
    }
    if (typeof right !== 'object' || typeof left !== 'object' || left === null) {
      return left === right ? undefined : found('another value', path);
    }
    if (Array.isArray(left) !== Array.isArray(right)) return found('another value', path);
    const keys = Object.keys(left);
    if (Array.isArray(left) && keys.length !== Object.keys(right).length) return found('another value', path);
    if (keys.join() !== Object.keys(right).join()) return found('other keys', path);
    for (const key of keys) {
      const [inLeft, inRight] = [left, right].map((value) => (value as Record<string, unknown>)[key]);
      const inside = compare(inLeft, inRight, [...path, Array.isArray(left) ? Number(key) : key]);
      if (inside !== undefined) return inside;
    }
    return undefined;
  };
  return compare(whole.data, partial.data, []);
}

type Path = readonly (string | number)[];
