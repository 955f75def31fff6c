// Where objects have to be merged for real, as two fetches bring parts of one: found when all places are built.
import type { Supergraph } from '../supergraph/supergraph.ts';
import { inOrderOfTypenames, slotMark, type Link, type Place, type PlaceField } from './place.ts';
import { walkOf, type Step } from './walk-path.ts';

/** The objects of a link's place, from the root of the response; its merge keys say what is merged. */
export interface Merge {
  readonly link: Link;
  readonly steps: readonly Step[];
}

/** `links`: by lookup. */
export function finishPlaces(root: Place, links: readonly (readonly Link[])[]): void {
  const seen = new Set<Place>();
  const finish = (place: Place): void => {
    if (seen.has(place)) return;
    seen.add(place);
    place.typename = inOrderOfTypenames(place.fields.get('__typename')?.providers ?? []);
    for (const field of place.fields.values()) {
      if (field.child === undefined) continue;
      markMerged(place, field, links);
      finish(field.child);
    }
  };
  finish(root);
}

/**
 * Objects that two fetches bring are merged when both are there, whichever comes first. What the objects themselves have
 * is read first then: an entity that stands at several paths is never changed for the sake of one of them.
 */
function markMerged(place: Place, field: PlaceField, links: readonly (readonly Link[])[]): void {
  const { key, providers } = field;
  const merged = providers.filter((provider) =>
    providers.some((other) => other !== provider && !other.types.isDisjointFrom(provider.types)),
  );
  if (merged.length === 0) return;
  const isShared = merged.some(({ link }) => link !== undefined && (links[link.lookup]?.length ?? 0) > 1);
  for (const { link } of merged) {
    const isNew = link !== undefined && !link.mergeKeys.some((known) => known.key === key);
    if (isNew) link.mergeKeys.push({ key, isShared });
  }
  const own = providers.filter(({ link }) => link === undefined);
  const byLinks = providers.filter(({ link }) => link !== undefined);
  if (isShared) {
    const covered = new Set(own.flatMap(({ types }) => [...types]));
    const types = new Set(byLinks.flatMap((provider) => [...provider.types])).difference(covered);
    if (types.size > 0)
      own.push({ link: undefined, rawKey: copyKey(place, key), types, isInterfaceName: false });
  }
  providers.splice(0, providers.length, ...own, ...byLinks);
}

/** Of the place, as others may show the same object with another call's value. No answer has it by chance. */
function copyKey({ id }: Place, key: string): string {
  return `copy${slotMark}${id}:${key}`;
}

/**
 * What is merged after a lookup at the link has been answered: at the link, and below what it brings, where other fetches
 * may have brought parts before. Those above come first, as they may bring what those below have to merge.
 */
export function mergesAt(supergraph: Supergraph, root: Place, links: readonly Link[]): Merge[] {
  const found = new Set<Link>();
  for (const link of links) {
    if (link.mergeKeys.length === 0) continue;
    found.add(link);
    for (const { key } of link.mergeKeys) addBelow(link.place.fields.get(key)?.child, found);
  }
  return inOrder(supergraph, root, found);
}

/** The same after a root fetch has brought a key that is there already. */
export function mergesBelow(supergraph: Supergraph, root: Place, keys: readonly string[]): Merge[] {
  const found = new Set<Link>();
  for (const key of keys) addBelow(root.fields.get(key)?.child, found);
  return inOrder(supergraph, root, found);
}

function addBelow(place: Place | undefined, found: Set<Link>): void {
  if (place === undefined) return;
  for (const link of place.links) if (link.mergeKeys.length > 0) found.add(link);
  for (const { child } of place.fields.values()) addBelow(child, found);
}

function inOrder(supergraph: Supergraph, root: Place, links: ReadonlySet<Link>): Merge[] {
  return [...links]
    .toSorted((left, right) => depthOf(left) - depthOf(right))
    .map((link) => ({ link, steps: walkOf(supergraph, root, link.path, true).steps }));
}

/** Fields above it; what a path says of types and lists leads no further down. */
function depthOf({ path }: Link): number {
  return path.filter(({ kind }) => kind === 'field').length;
}
