// Walks the operations of a plan in the plan's order and notes at each place who provides which response key.
import { getNamedType, isCompositeType, Kind, type FieldNode, type SelectionSetNode } from 'graphql';
import { callText, keyOf, operationOf, type Fragments } from '../planner/fetch-operation.ts';
import type { EntityFetch, EntityPath, KeyRename, Plan, PlanNode, RootFetch } from '../planner/plan.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { CallNotes, type AskedEntities } from './call-notes.ts';
import { CannotCompile } from './cannot-compile.ts';
import { finishPlaces } from './find-merges.ts';
import { slotMark, type Link, type Place, type PlaceField, type Provider } from './place.ts';

export interface Places {
  readonly root: Place;
  /** For each lookup, numbered through the plan in its order: its links, one a path. */
  readonly links: readonly (readonly Link[])[];
  /** A planner's mistake: fetches that bring different fields, or one with different arguments, under one response key. */
  readonly mixedUp: string | undefined;
  /** A field with an argument that comes from an object above (@fromContext). */
  readonly contextual: string | undefined;
}

interface Work {
  readonly supergraph: Supergraph;
  readonly typeSets: Map<string, ReadonlySet<string>>;
  readonly links: Link[][];
  readonly calls: CallNotes;
  contextual: string | undefined;
  places: number;
  linkCount: number;
}

/** Where the walk is within one operation. */
interface Walk {
  readonly subgraph: string;
  readonly place: Place;
  readonly link: Link | undefined;
  readonly typeName: string;
  readonly types: ReadonlySet<string>;
  readonly fragments: Fragments;
  readonly renames: readonly KeyRename[];
  /** Response keys from where the renames' paths begin. */
  readonly keys: readonly string[];
  /** Types at the places above. */
  readonly chain: readonly ReadonlySet<string>[];
  /** At the entities themselves: what their representations were made of. */
  readonly asked?: AskedEntities;
}

export function buildPlaces(supergraph: Supergraph, rootType: string, plan: Plan): Places {
  const work: Work = {
    supergraph,
    typeSets: new Map(),
    links: [],
    calls: new CallNotes(supergraph),
    contextual: undefined,
    places: 0,
    linkCount: 0,
  };
  const root = newPlace(work);
  root.typeNames.add(rootType);
  if (plan.root !== undefined) addNode(work, root, rootType, plan.root);
  finishPlaces(root, work.links);
  const { links, calls, contextual } = work;
  return { root, links, mixedUp: calls.mixedUp, contextual };
}

function addNode(work: Work, root: Place, rootType: string, node: PlanNode): void {
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      for (const child of node.nodes) addNode(work, root, rootType, child);
      return;
    case 'root':
      return addRootFetch(work, root, rootType, node);
    case 'entities':
      return addEntityFetch(work, root, node);
    case 'defer':
      throw new CannotCompile('@defer is for the reference executor');
    default:
      node satisfies never;
  }
}

function addRootFetch(work: Work, root: Place, rootType: string, fetch: RootFetch): void {
  if (fetch.path !== undefined) throw new CannotCompile('a field that leads back to the root');
  const {
    operation: { selectionSet },
    fragments,
  } = operationOf(fetch);
  const { subgraph, outputRewrites: renames } = fetch;
  const at = { place: root, link: undefined, typeName: rootType, types: typeSet(work, rootType) };
  addSelections(work, { ...at, subgraph, fragments, renames, keys: [], chain: [] }, selectionSet);
}

function addEntityFetch(work: Work, root: Place, fetch: EntityFetch): void {
  const {
    operation: { selectionSet },
    fragments,
  } = operationOf(fetch);
  for (const lookup of fetch.lookups) {
    const field = selectionSet.selections.find(
      (selection) => selection.kind === Kind.FIELD && keyOf(selection) === lookup.alias,
    );
    if (field?.kind !== Kind.FIELD || field.selectionSet === undefined) {
      throw new CannotCompile(`the operation has no ${lookup.alias}`);
    }
    const links = lookup.paths.map((path) => newLink(work, root, path));
    work.links.push(links);
    for (const link of links) {
      const { subgraph } = fetch;
      const asked = { subgraph, requires: lookup.requires };
      addEntitySelections(work, root, link, field.selectionSet, {
        subgraph,
        fragments,
        renames: lookup.outputRewrites,
        asked,
      });
    }
  }
}

function newLink(work: Work, root: Place, path: EntityPath): Link {
  const lookup = work.links.length;
  const place = placeAt(root, path);
  const link: Link = { id: work.linkCount, lookup, slot: `${slotMark}${lookup}`, place, path, mergeKeys: [] };
  work.linkCount += 1;
  place.links.push(link);
  return link;
}

function placeAt(root: Place, path: EntityPath): Place {
  let place = root;
  for (const segment of path) {
    if (segment.kind !== 'field') continue;
    const child = place.fields.get(segment.name)?.child;
    if (child === undefined) throw new CannotCompile(`no fetch before brings ${segment.name}`);
    place = child;
  }
  return place;
}

function addEntitySelections(
  work: Work,
  root: Place,
  link: Link,
  { selections }: SelectionSetNode,
  of: Required<Pick<Walk, 'subgraph' | 'fragments' | 'renames' | 'asked'>>,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      // Only `__typename` can stand at a union such as _Entity.
      const types = standing(work, link.place);
      const isInterfaceName = [...link.place.typeNames].every((name) =>
        work.supergraph.isInterfaceObject(of.subgraph, name),
      );
      addProvider(link.place, keyOf(selection), { link, rawKey: keyOf(selection), types, isInterfaceName });
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? of.fragments.get(selection.name.value) : selection;
    const typeName = fragment?.typeCondition?.name.value;
    if (fragment === undefined) throw new CannotCompile('an entity fetch spreads an unknown fragment');
    if (typeName === undefined) {
      addEntitySelections(work, root, link, fragment.selectionSet, of);
      continue;
    }
    const chain = chainOf(work, root, link.path);
    const types = common(chain.pop() ?? none, typeSet(work, typeName));
    const walk: Walk = { ...of, place: link.place, link, typeName, types, keys: [], chain };
    addSelections(work, walk, fragment.selectionSet);
  }
}

function addSelections(work: Work, walk: Walk, { selections }: SelectionSetNode): void {
  const chain = [...walk.chain, walk.types];
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      addField(work, walk, chain, selection);
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? walk.fragments.get(selection.name.value) : selection;
    if (fragment === undefined) throw new CannotCompile('a fetch spreads an unknown fragment');
    const condition = fragment.typeCondition?.name.value;
    const narrowed =
      condition === undefined
        ? walk
        : { ...walk, typeName: condition, types: common(walk.types, typeSet(work, condition)) };
    if (narrowed.types.size > 0) addSelections(work, narrowed, fragment.selectionSet);
  }
}

/** `chain`: the walk's, with the types of its place. */
function addField(work: Work, walk: Walk, chain: Walk['chain'], field: FieldNode): void {
  const rawKey = keyOf(field);
  if (rawKey === '__proto__') throw new CannotCompile('__proto__ is no key for plain objects');
  const called = `${walk.typeName}.${field.name.value}`;
  if (work.supergraph.contextFields.has(called))
    work.contextual = `${called} takes an argument from its context`;
  if (walk.asked !== undefined) work.calls.checkRequired(walk.asked, walk, field.name.value);
  const keys = walk.renames.length === 0 ? walk.keys : [...walk.keys, rawKey];
  const isInterfaceName =
    field.name.value === '__typename' && work.supergraph.isInterfaceObject(walk.subgraph, walk.typeName);
  for (const { key, types } of renamed(work, walk, rawKey, keys)) {
    const entry = addProvider(walk.place, key, { link: walk.link, rawKey, types, isInterfaceName });
    const below = types === walk.types ? chain : [...walk.chain, types];
    work.calls.note(entry, { text: callText(field), chain: below });
    const child = field.selectionSet === undefined ? undefined : childType(work, walk, field.name.value);
    if (child === undefined || field.selectionSet === undefined) continue;
    entry.child ??= newPlace(work);
    entry.child.typeNames.add(child);
    addSelections(
      work,
      {
        ...withoutAsked(walk),
        place: entry.child,
        link: undefined,
        typeName: child,
        types: typeSet(work, child),
        keys,
        chain: below,
      },
      field.selectionSet,
    );
  }
}

function withoutAsked({ asked: _ofTheEntity, ...walk }: Walk): Walk {
  return walk;
}

/** Types at each place on the path, the last one included. */
function chainOf(work: Work, root: Place, path: EntityPath): ReadonlySet<string>[] {
  let place = root;
  const chain = [standing(work, root)];
  for (const segment of path) {
    if (segment.kind === 'field') {
      place = place.fields.get(segment.name)?.child ?? place;
      chain.push(standing(work, place));
    } else if (segment.kind === 'types') {
      const named = new Set(segment.names.flatMap((name) => [...typeSet(work, name)]));
      chain.push(common(chain.pop() ?? named, named));
    }
  }
  return chain;
}

function standing(work: Work, { typeNames }: Place): ReadonlySet<string> {
  const [first] = typeNames;
  if (typeNames.size === 1 && first !== undefined) return typeSet(work, first);
  return new Set([...typeNames].flatMap((name) => [...typeSet(work, name)]));
}

const none: ReadonlySet<string> = new Set();

/** The response keys that a key of the answer stands for, by type: a rename may concern some types only. */
function renamed(
  work: Work,
  { renames, types }: Walk,
  rawKey: string,
  keys: readonly string[],
): { key: string; types: ReadonlySet<string> }[] {
  if (renames.length === 0) return types.size === 0 ? [] : [{ key: rawKey, types }];
  const result: { key: string; types: ReadonlySet<string> }[] = [];
  let left = types;
  for (const { path, to } of renames) {
    const pathKeys = path.flatMap((segment) => (segment.kind === 'key' ? [segment.name] : []));
    if (pathKeys.length !== keys.length || !pathKeys.every((name, index) => name === keys[index])) continue;
    const before = path.at(-2);
    const concerned =
      before?.kind === 'types'
        ? common(left, new Set(before.names.flatMap((name) => [...typeSet(work, name)])))
        : left;
    if (concerned.size === 0) continue;
    result.push({ key: to, types: concerned });
    left = new Set([...left].filter((type) => !concerned.has(type)));
  }
  if (left.size > 0) result.push({ key: rawKey, types: left });
  return result;
}

function childType({ supergraph }: Work, { typeName }: Walk, fieldName: string): string | undefined {
  const type = supergraph.fullSchema.getType(typeName);
  if (type === undefined || !('getFields' in type)) {
    throw new CannotCompile(`${typeName} has no fields in the supergraph`);
  }
  const field = type.getFields()[fieldName];
  const named = field === undefined ? undefined : getNamedType(field.type);
  if (!isCompositeType(named))
    throw new CannotCompile(`${typeName}.${fieldName} is no object in the supergraph`);
  return named.name;
}

function addProvider(place: Place, key: string, provider: Provider): PlaceField {
  let field = place.fields.get(key);
  if (field === undefined) place.fields.set(key, (field = { key, providers: [], child: undefined }));
  const same = field.providers.findIndex(
    ({ link, rawKey }) => link === provider.link && rawKey === provider.rawKey,
  );
  const known = field.providers[same];
  if (known === undefined) field.providers.push(provider);
  else
    field.providers[same] = {
      ...known,
      types: new Set([...known.types, ...provider.types]),
      isInterfaceName: known.isInterfaceName && provider.isInterfaceName,
    };
  return field;
}

/** Of the fields at the root of a document's operation, but for its type. */
export function responseKeys(fetch: RootFetch): string[] {
  const {
    operation: { selectionSet },
    fragments,
  } = operationOf(fetch);
  const keys = new Set<string>();
  const add = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        if (selection.name.value !== '__typename') keys.add(keyOf(selection));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) add(selection.selectionSet);
      else {
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) add(fragment.selectionSet);
      }
    }
  };
  add(selectionSet);
  return [...keys];
}

function newPlace(work: Work): Place {
  work.places += 1;
  return { id: work.places, typeNames: new Set(), fields: new Map(), typename: [], links: [] };
}

/** The object types that the name stands for, and the name itself: so an interface object calls itself. */
function typeSet(work: Work, typeName: string): ReadonlySet<string> {
  let set = work.typeSets.get(typeName);
  if (set === undefined) {
    const possible = work.supergraph.possibleTypes(typeName);
    set = possible.has(typeName) ? possible : new Set([...possible, typeName]);
    work.typeSets.set(typeName, set);
  }
  return set;
}

function common(left: ReadonlySet<string>, right: ReadonlySet<string>): ReadonlySet<string> {
  if (left.isSubsetOf(right)) return left;
  return new Set([...left].filter((name) => right.has(name)));
}
