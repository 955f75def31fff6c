// Where in the response an error of a subgraph belongs, for both executors.
//
// An error about an entity (`_entities, 3, price`) stands at every place of the response that shows the entity. One that
// names no entity, as when the fetch has failed as a whole, stands at each entity that was asked for, and at each root
// field of a root fetch: not at the fields below, since nobody knows which of them it concerns, and not above, since what
// other fetches say of the entity is there. Its missing fields are explained by it, as they lie below. Each place gets the
// error once, however many lookups or paths lead there; an error that concerns no place has no path.
import type { KeyRename } from '../planner/plan.ts';
import type { ResponsePath } from '../reference/positions.ts';
import { renamePath } from '../reference/rewrites.ts';
import type { SubgraphError } from '../subgraph-fetch.ts';

/** What one lookup of a fetch asked for. */
export interface AskedEntities {
  readonly alias: string;
  readonly renames: readonly KeyRename[];
  /** Of the entity with that index; none when it was not asked for. */
  placesOf(index: number): readonly ResponsePath[];
  /** Of all of them, or of so many. */
  allPlaces(most: number): readonly ResponsePath[];
}

export function entityErrorPlaces(
  { path = [] }: SubgraphError,
  asked: readonly AskedEntities[],
  most = Number.POSITIVE_INFINITY,
): ResponsePath[] {
  const [alias, index, ...below] = path;
  const concerned = asked.filter((part) => alias === undefined || part.alias === alias);
  if (typeof index !== 'number') return distinct(concerned.flatMap((part) => part.allPlaces(most)));
  const places = concerned.flatMap((part) => {
    const rest = renamePath(part.renames, below);
    return part.placesOf(index).map((place) => [...place, ...rest]);
  });
  return distinct(places);
}

/** `keys`: of the answer, those that the fetch was to bring. */
export function rootErrorPlaces(
  { path = [] }: SubgraphError,
  keys: readonly string[],
  renames: readonly KeyRename[],
): ResponsePath[] {
  const paths = path.length > 0 ? [path] : keys.map((key) => [key]);
  return distinct(paths.map((place) => renamePath(renames, place)));
}

function distinct(places: readonly ResponsePath[]): ResponsePath[] {
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}
