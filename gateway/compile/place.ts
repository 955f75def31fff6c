// The merged response as the plan builds it, at compile time: one place for each position that objects stand at, and
// for each of its response keys who provides it. Answers are never merged into one tree: an object stays in the answer
// it came in, and what other fetches say about it hangs on it by links.
import { randomBytes } from 'node:crypto';
import type { EntityPath } from '../planner/plan.ts';

/**
 * How the names of links begin: as no GraphQL name does, and as no subgraph can know, since what an answer holds of that
 * kind would be taken for ours.
 */
export const slotMark = `$${randomBytes(9).toString('hex')}_` as const;

export type Slot = `$${string}`;

export interface Place {
  readonly id: number;
  /** Types that stand here by the schema: several where branches use one response key for different fields. */
  readonly typeNames: Set<string>;
  readonly fields: Map<string, PlaceField>;
  /** Those who say the type of the objects here, in the order in which they are asked; known when all is built. */
  typename: readonly Provider[];
  /** Entity lookups that say more about the objects here, in the plan's order. */
  readonly links: Link[];
}

export interface PlaceField {
  /** The response key. */
  readonly key: string;
  /** In the plan's order. */
  readonly providers: Provider[];
  /** For objects and lists of objects. */
  child: Place | undefined;
}

export interface Provider {
  /** Undefined: the object itself has it, in the answer that it came in. Otherwise the entity that the link leads to. */
  readonly link: Link | undefined;
  /** Its key in that answer, which planners sometimes alias. */
  readonly rawKey: string;
  /** For objects of these types. */
  readonly types: ReadonlySet<string>;
  /** A `__typename` that is an interface's name, as its subgraph knows the interface as an object only. */
  readonly isInterfaceName: boolean;
}

/** A lookup at one of its paths. */
export interface Link {
  readonly id: number;
  readonly lookup: number;
  /** The property of an object that holds its entity. */
  readonly slot: Slot;
  readonly place: Place;
  readonly path: EntityPath;
  /** Keys of objects that another fetch brings too, so that both have to be merged for real. */
  readonly mergeKeys: MergeKey[];
}

export interface MergeKey {
  readonly key: string;
  /** Whether a part may come with an entity that stands at several paths, so that it is copied. */
  readonly isShared: boolean;
}

/** Those who can serve the key for an object of one of these types, in the order in which they are asked. */
export function providersFor(
  field: PlaceField | undefined,
  ...typeNames: readonly string[]
): readonly Provider[] {
  const serving = (field?.providers ?? []).filter(({ types }) => typeNames.some((name) => types.has(name)));
  return field?.key === '__typename' ? inOrderOfTypenames(serving) : serving;
}

/** The last one that knows the real type, before all that only know the name of an interface. */
export function inOrderOfTypenames(providers: readonly Provider[]): Provider[] {
  const lastFirst = providers.toReversed();
  return [
    ...lastFirst.filter(({ isInterfaceName }) => !isInterfaceName),
    ...lastFirst.filter(({ isInterfaceName }) => isInterfaceName),
  ];
}
