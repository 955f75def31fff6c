// Which fetches a fetch cannot do without: those that bring the objects at its paths, what its representations are made of,
// and the types of these objects.
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { EntityFetch, EntityPath, RequiredSelection, RootFetch } from './plan.ts';
import { below, placeOf, ResponseFields, type ResponseField, type TypeNames } from './response-fields.ts';

export type Fetch = RootFetch | EntityFetch;

/** For each fetch, in the plan's order, others that end before it: directly or by way of others. */
export type Before = ReadonlyMap<Fetch, ReadonlySet<Fetch>>;

export type Types = Pick<Supergraph, 'fullSchema' | 'possibleTypes' | 'interfaceObjects'>;

/** Of those that the plan ends before each fetch the ones that it needs. */
export function needsOf(ends: Before, types: Types, rootType: string): Before {
  const work: Work = {
    types,
    response: new ResponseFields(types, rootType),
    brought: new Map(),
    needs: new Map(),
  };
  for (const [fetch, before] of ends) {
    work.needs.set(fetch, neededBy(work, fetch, before));
    const brought = work.response.broughtBy(fetch);
    work.brought.set(
      fetch,
      Map.groupBy(brought, ({ path }) => path),
    );
  }
  return work.needs;
}

interface Work {
  readonly types: Types;
  readonly response: ResponseFields;
  readonly brought: Map<Fetch, ReadonlyMap<string, readonly ResponseField[]>>;
  readonly needs: Map<Fetch, ReadonlySet<Fetch>>;
}

interface Reads {
  /** Paths of fields. */
  readonly fields: Set<string>;
  /** Places where the type is asked of the objects, with the types that can stand there. */
  readonly typed: Map<string, TypeNames>;
}

function neededBy({ types, response, brought, needs }: Work, fetch: Fetch, before: ReadonlySet<Fetch>) {
  const needed = new Set<Fetch>();
  const add = (other: Fetch) => {
    needed.add(other);
    for (const one of needs.get(other) ?? []) needed.add(one);
  };
  const bringing = (path: string) => [...before].filter((other) => brought.get(other)?.has(path) === true);
  const { fields, typed } = readsOf(response, fetch);
  // What follows a mutation sees what it has done.
  for (const other of before) if (other.kind === 'root' && other.operationKind === 'mutation') add(other);
  for (const path of fields) for (const other of bringing(path)) add(other);
  for (const [place, standing] of typed) {
    const path = below(place, '__typename');
    const tellers = bringing(path);
    // An interface object's own subgraph tells no more than the interface, and others the real type.
    const isSure = [...standing].every((name) => !types.interfaceObjects.has(name));
    const tells = (other: Fetch) =>
      brought
        .get(other)
        ?.get(path)
        ?.some(({ chain }) => standing.isSubsetOf(chain.at(-1) ?? none));
    if (isSure && tellers.some((other) => needed.has(other) && tells(other) === true)) continue;
    for (const other of tellers) add(other);
  }
  return needed;
}

const none: TypeNames = new Set();

function readsOf(response: ResponseFields, fetch: Fetch): Reads {
  const reads: Reads = { fields: new Set(), typed: new Map() };
  if (fetch.kind === 'root') {
    if (fetch.path !== undefined) addPath(response, reads, fetch.path);
    return reads;
  }
  for (const { paths, requires } of fetch.lookups) {
    for (const path of paths) {
      addPath(response, reads, path);
      const place = placeOf(path);
      addType(reads, place, response.chainTo(path).at(-1) ?? none);
      for (const required of requires) addRequired(response, reads, place, required);
    }
  }
  return reads;
}

function addPath(response: ResponseFields, reads: Reads, path: EntityPath): void {
  let place = '';
  for (const segment of path) {
    if (segment.kind === 'types') addType(reads, place, response.standing(place));
    if (segment.kind !== 'field') continue;
    place = below(place, segment.name);
    reads.fields.add(place);
  }
}

function addType({ typed }: Reads, place: string, types: TypeNames): void {
  typed.set(place, typed.get(place)?.union(types) ?? types);
}

function addRequired(
  response: ResponseFields,
  reads: Reads,
  place: string,
  required: RequiredSelection,
): void {
  if (required.kind === 'field' && required.source === '__typename') {
    addType(reads, place, response.standing(place));
    return;
  }
  if (required.kind === 'fragment' && required.typeCondition !== undefined)
    addType(reads, place, response.standing(place));
  const inner = required.kind === 'field' ? below(place, required.source) : place;
  if (required.kind === 'field') reads.fields.add(inner);
  for (const selection of required.selections ?? []) addRequired(response, reads, inner, selection);
}
