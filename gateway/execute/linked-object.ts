// An object of a subgraph's answer at run time, with the links to what other subgraphs say about it. Links are
// properties of the object, which belongs to this request alone.
import type { Provider, Slot } from '../compile/place.ts';

/** One distinct entity of a lookup. Projections of its parts are kept on it, as many places may show the same. */
export interface EntityRecord {
  /** Undefined until its fetch has answered, and after a fetch that failed; null when the subgraph knows no such entity. */
  entity: LinkedObject | null | undefined;
  /** Bits of the links (by their place in the lookup) that lead here. */
  linkedBy: number;
  readonly index: number;
}

export interface LinkedObject {
  [key: string]: unknown;
  [slot: Slot]: EntityRecord | undefined;
}

/**
 * What the first of the providers that has a value has; null when one has null and no other a value, as null is what a
 * failed fetch leaves too; undefined when none has said anything. Inherited names such as `constructor` are nothing.
 */
export function readField(object: LinkedObject, providers: readonly Provider[]): unknown {
  let found: null | undefined;
  for (const { link, rawKey } of providers) {
    const source = link === undefined ? object : object[link.slot]?.entity;
    if (source == null || !Object.hasOwn(source, rawKey)) continue;
    const value = source[rawKey];
    if (value != null) return value;
    if (value === null) found = null;
  }
  return found;
}

/** The same of a scalar: what is an object or list at one provider is nothing where another has a scalar. */
export function readScalar(object: LinkedObject, providers: readonly Provider[]): unknown {
  const first = readField(object, providers);
  if (typeof first !== 'object' || providers.length < 2) return first;
  for (const provider of providers) {
    const value = readField(object, [provider]);
    if (value != null && typeof value !== 'object') return value;
  }
  return first;
}

export function isObject(value: unknown): value is LinkedObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
