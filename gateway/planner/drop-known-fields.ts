// Lookups whose fields have come before are dropped, and the round trip with them. The native planner makes such: it
// asks for a required field a second time when the first time it came by way of an interface. Only what is plain is
// judged: leaves, of the same subgraph, by a key that was enough before, at the same place.
import { Kind, type FieldNode, type SelectionSetNode } from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { callText, fetchesOf, keyOf, operationOf, type Fragments } from './fetch-operation.ts';
import { keepLookups } from './keep-lookups.ts';
import type {
  EntityFetch,
  EntityLookup,
  PathSegment,
  Plan,
  PlanNode,
  RequiredSelection,
  RootFetch,
} from './plan.ts';

type Types = Pick<Supergraph, 'possibleTypes'>;

/** That a field has come for all objects of some types at a place. */
interface Known {
  readonly subgraph: string;
  readonly key: string;
  readonly call: string;
  /** Undefined for all that can stand there. */
  readonly types: ReadonlySet<string> | undefined;
  /** What the objects had to have, so that the subgraph could be asked. */
  readonly required: ReadonlySet<string>;
}

/** By the text of the place. */
type Knowledge = ReadonlyMap<string, readonly Known[]>;

interface Pass {
  readonly types: Types;
  dropped: number;
}

export function dropKnownFields(plan: Plan, types: Types): Plan {
  if (plan.root === undefined) return plan;
  const pass: Pass = { types, dropped: 0 };
  const root = dropIn(pass, plan.root, new Map());
  return pass.dropped === 0 ? plan : { root };
}

/** Undefined when nothing is left of the node. */
function dropIn(pass: Pass, node: PlanNode, before: Knowledge): PlanNode | undefined {
  switch (node.kind) {
    case 'root':
    case 'defer':
      return node;
    case 'entities':
      return dropLookups(pass, node, before);
    case 'parallel': {
      const nodes = node.nodes.flatMap((child) => dropIn(pass, child, before) ?? []);
      return nodes.length < 2 ? nodes[0] : { kind: 'parallel', nodes };
    }
    case 'sequence': {
      let known = before;
      const nodes: PlanNode[] = [];
      for (const child of node.nodes) {
        const left = dropIn(pass, child, known);
        // What is dropped was known before.
        if (left === undefined) continue;
        nodes.push(left);
        known = withNode(pass, known, left);
      }
      return nodes.length < 2 ? nodes[0] : { kind: 'sequence', nodes };
    }
    default:
      return node satisfies never;
  }
}

/** A deferred part may wait for a fetch by its id, so that one with an id stays. */
function dropLookups(pass: Pass, fetch: EntityFetch, before: Knowledge): EntityFetch | undefined {
  if (fetch.id !== undefined) return fetch;
  const { fields, fragments } = operationOf(fetch);
  const left = fetch.lookups.filter((lookup) => {
    const field = fields.get(lookup.alias);
    return field === undefined || !isKnown(pass, fetch, lookup, field, fragments, before);
  });
  pass.dropped += fetch.lookups.length - left.length;
  if (left.length === 0) return undefined;
  return left.length === fetch.lookups.length ? fetch : keepLookups(fetch, left);
}

function isKnown(
  { types }: Pass,
  { subgraph }: EntityFetch,
  lookup: EntityLookup,
  field: FieldNode,
  fragments: Fragments,
  before: Knowledge,
): boolean {
  if (lookup.outputRewrites.length > 0) return false;
  const required = namesOf(lookup.requires);
  const wanted: Known[] = [];
  const hasObjects = !collect(
    { types, fragments, subgraph, required },
    field.selectionSet,
    undefined,
    (one) => {
      wanted.push(one);
      return true;
    },
  );
  // A type alone may be what an interface object's own subgraph cannot tell.
  if (hasObjects || wanted.every(({ call }) => call === '__typename')) return false;
  return lookup.paths.every((path) => {
    const last = path.at(-1);
    const only = last?.kind === 'types' ? namesIn(types, last.names) : undefined;
    const place = placeText(types, only === undefined ? path : path.slice(0, -1));
    const known = new Set([place, withoutTypes(place)].flatMap((text) => before.get(text) ?? []));
    return wanted.every(
      (one) => one.call === '__typename' || [...known].some((earlier) => covers(earlier, one, only)),
    );
  });
}

/** `only`: the types of the objects that the lookup is made for, when its path says so. */
function covers(earlier: Known, wanted: Known, only: ReadonlySet<string> | undefined): boolean {
  const { subgraph, key, call } = wanted;
  if (earlier.subgraph !== subgraph || earlier.key !== key || earlier.call !== call) return false;
  if (!earlier.required.isSubsetOf(wanted.required)) return false;
  if (earlier.types === undefined) return true;
  const objects =
    wanted.types === undefined || only === undefined
      ? (wanted.types ?? only)
      : wanted.types.intersection(only);
  return objects?.isSubsetOf(earlier.types) ?? false;
}

/** What a fetch brings to one place. */
interface Brought {
  readonly knowledge: Knowledge;
  /** The place, types left out, and the keys that come to it: objects which lacked one were not asked for before. */
  readonly place: string;
  readonly keys: ReadonlySet<string>;
  /** Where it brings objects, types left out: others that stand there are not those that fetches before have seen. */
  readonly objects: readonly string[];
}

/** What is known after a node. It holds for all that stand at a place, or is forgotten. */
function withNode({ types }: Pass, before: Knowledge, node: PlanNode): Knowledge {
  const all = node.kind === 'defer' ? [] : fetchesOf(node).flatMap((fetch) => broughtBy(types, fetch));
  const known = new Map<string, readonly Known[]>();
  const add = (knowledge: Knowledge, others: readonly Brought[]): void => {
    for (const [place, ones] of knowledge) {
      const bare = withoutTypes(place);
      if (others.some((other) => bringsObjectsAt(other, bare))) continue;
      const fetched = others.filter((other) => other.place === bare);
      const held = ones.filter(({ required }) => fetched.every(({ keys }) => keys.isDisjointFrom(required)));
      known.set(place, [...(known.get(place) ?? []), ...held]);
    }
  };
  add(before, all);
  for (const one of all) {
    const others = all.filter((other) => other !== one);
    add(one.knowledge, others);
  }
  return known;
}

function bringsObjectsAt({ objects }: Brought, place: string): boolean {
  return objects.some((brought) => place === brought || place.startsWith(`${brought}.`));
}

function broughtBy(types: Types, fetch: RootFetch | EntityFetch): Brought[] {
  const { operation, fields, fragments } = operationOf(fetch);
  const { subgraph } = fetch;
  if (fetch.kind === 'root') {
    const walk = { types, fragments, subgraph, required: new Set<string>() };
    return [broughtTo(walk, operation.selectionSet, fetch.path ?? [], fetch.outputRewrites.length > 0)];
  }
  return fetch.lookups.flatMap(({ alias, paths, requires, outputRewrites }) => {
    const selected = fields.get(alias)?.selectionSet;
    const walk = { types, fragments, subgraph, required: namesOf(requires) };
    return selected === undefined
      ? []
      : paths.map((path) => broughtTo(walk, selected, path, outputRewrites.length > 0));
  });
}

function broughtTo(
  walk: Walk,
  selected: SelectionSetNode,
  path: readonly PathSegment[],
  isRenamed: boolean,
): Brought {
  const knowledge = new Map<string, readonly Known[]>();
  const place = placeText(walk.types, path);
  const bare = withoutTypes(place);
  // The keys of what is renamed are not those of the response.
  if (isRenamed) return { knowledge, place: bare, keys: new Set(), objects: [bare] };
  if (path.at(-1)?.kind !== 'types') addSelections(walk, selected, place, knowledge);
  const keys = new Set<string>();
  const objects: string[] = [];
  collect(walk, selected, undefined, ({ key }, { selectionSet }) => {
    keys.add(key);
    if (selectionSet !== undefined) objects.push(`${bare}.${key}`);
  });
  return { knowledge, place: bare, keys, objects };
}

interface Walk {
  readonly types: Types;
  readonly fragments: Fragments;
  readonly subgraph: string;
  readonly required: ReadonlySet<string>;
}

function addSelections(
  walk: Walk,
  selectionSet: SelectionSetNode,
  place: string,
  known: Map<string, readonly Known[]>,
): void {
  collect(walk, selectionSet, undefined, (one, { selectionSet: inner, types }) => {
    known.set(place, [...(known.get(place) ?? []), one]);
    if (inner === undefined) return true;
    addSelections(walk, inner, `${place}${types === undefined ? '' : typesText(types)}.${one.key}`, known);
    return true;
  });
}

/** Calls `found` for each field; false when there are fields with fields of their own. */
function collect(
  walk: Walk,
  selectionSet: SelectionSetNode | undefined,
  types: ReadonlySet<string> | undefined,
  found: (
    known: Known,
    field: { selectionSet: SelectionSetNode | undefined; types: ReadonlySet<string> | undefined },
  ) => void,
): boolean {
  let isFlat = true;
  for (const selection of selectionSet?.selections ?? []) {
    if (selection.kind === Kind.FIELD) {
      const { subgraph, required } = walk;
      const key = keyOf(selection);
      isFlat &&= selection.selectionSet === undefined;
      found(
        { subgraph, required, key, call: callText(selection), types },
        { selectionSet: selection.selectionSet, types },
      );
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? walk.fragments.get(selection.name.value) : selection;
    const condition = fragment?.typeCondition?.name.value;
    const named = condition === undefined ? undefined : namesIn(walk.types, [condition]);
    const narrowed =
      types === undefined || named === undefined ? (named ?? types) : types.intersection(named);
    isFlat = collect(walk, fragment?.selectionSet, narrowed, found) && isFlat;
  }
  return isFlat;
}

const typesPattern = /\([^)]*\)/g;

function withoutTypes(place: string): string {
  return place.replaceAll(typesPattern, '');
}

/** A place as text, lists left out: operations do not show them. */
function placeText(types: Types, path: readonly PathSegment[]): string {
  let text = '';
  for (const segment of path) {
    if (segment.kind === 'field') text += `.${segment.name}`;
    else if (segment.kind === 'types') text += typesText(namesIn(types, segment.names));
  }
  return text;
}

function typesText(names: ReadonlySet<string>): string {
  return `(${[...names].toSorted().join('|')})`;
}

function namesIn({ possibleTypes }: Types, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => [...possibleTypes(name)]));
}

function namesOf(selections: readonly RequiredSelection[]): ReadonlySet<string> {
  return new Set(
    selections.flatMap((selection) =>
      selection.kind === 'field' ? [selection.source] : [...namesOf(selection.selections)],
    ),
  );
}
