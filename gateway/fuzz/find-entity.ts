// A representation's entity, found by whichever of the subgraph's keys the representation holds.
import { GraphQLError } from 'graphql';
import type { Facts } from './facts.ts';
import type { KeyFacts, SubgraphFacts } from './subgraph-facts.ts';
import { canonicalText, isRecord, selectFrom, thingOf, type Thing, type World } from './world.ts';

/** By SDLs and data, then by subgraph, type and key: the references of entities by the text of their key. */
const indexes = new WeakMap<Facts, WeakMap<World, Map<string, Map<string, string>>>>();

/** Null for an entity that is unknown here. */
export function findEntity(
  facts: Facts,
  world: World,
  subgraph: SubgraphFacts,
  representation: Readonly<Record<string, unknown>>,
): (Thing & { readonly representation: Readonly<Record<string, unknown>> }) | null {
  const typeName = representation['__typename'];
  if (typeof typeName !== 'string') throw new GraphQLError('a representation came without __typename');
  const keys = (subgraph.keys.get(typeName) ?? []).filter(({ isResolvable }) => isResolvable);
  const usable = keys.flatMap((key, index) => {
    const given = keyOf(representation, key);
    return given === undefined ? [] : [{ key, index, text: canonicalText(given) }];
  });
  if (usable.length === 0) {
    throw new GraphQLError(`${subgraph.name} was asked for a ${typeName} without any of its keys`);
  }
  for (const { key, index, text } of usable) {
    const reference = indexOf(facts, world, `${subgraph.name}/${typeName}/${index}`, typeName, key).get(text);
    if (reference === undefined || world.unknown[subgraph.name]?.includes(reference)) continue;
    return { ...thingOf(world, reference), representation };
  }
  return null;
}

function indexOf(
  facts: Facts,
  world: World,
  name: string,
  typeName: string,
  key: KeyFacts,
): Map<string, string> {
  let worlds = indexes.get(facts);
  if (worlds === undefined) indexes.set(facts, (worlds = new WeakMap()));
  let all = worlds.get(world);
  if (all === undefined) worlds.set(world, (all = new Map()));
  let index = all.get(name);
  if (index === undefined) {
    index = new Map();
    for (const reference of Object.keys(world.entities)) {
      const thing = thingOf(world, reference);
      if (!facts.isPossible(typeName, thing.stored.$type)) continue;
      index.set(canonicalText(selectFrom(facts, world, thing, key.selections)), reference);
    }
    all.set(name, index);
  }
  return index;
}

/** The key's part of the representation; undefined when not all of it is there. */
function keyOf(
  object: Readonly<Record<string, unknown>>,
  { selections }: Pick<KeyFacts, 'selections'>,
): Record<string, unknown> | undefined {
  const result: Record<string, unknown> = {};
  for (const selection of selections) {
    if (selection.kind !== 'Field') return undefined;
    const name = selection.name.value;
    if (name === '__typename') continue;
    if (!Object.hasOwn(object, name) || object[name] === null) return undefined;
    const value = object[name];
    if (selection.selectionSet === undefined) {
      result[name] = value;
      continue;
    }
    if (!isRecord(value)) return undefined;
    const inner = keyOf(value, { selections: selection.selectionSet.selections });
    if (inner === undefined) return undefined;
    result[name] = inner;
  }
  return result;
}
