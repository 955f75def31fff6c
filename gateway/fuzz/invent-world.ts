// Random data for given SDLs, true to every subgraph at once: where several serve a field, its value is one that all of
// them can answer (types they know, enum values they have, no null that one of them forbids).
import { Kind, type TypeNode } from 'graphql';
import { namedType, type Facts, type Serving } from './facts.ts';
import { inventLeaf, NoData } from './invent-leaf.ts';
import { inventUnknown } from './invent-unknown.ts';
import type { Random } from './random.ts';
import type { Stored, StoredObject, World } from './world.ts';

/** Enough for lists and equal entities at several places, few enough that answers stay small. */
const entitiesOfAType = 3;

/** Objects in objects; at this depth a value that may be null is null. */
const mostDepth = 4;
/** A type that must contain itself for ever has no data. */
const tooDeep = 12;

const longestList = 3;
const choices = 3;

interface Work {
  readonly facts: Facts;
  readonly random: Random;
  readonly entityTypes: ReadonlySet<string>;
  /** `Type.field` of fields that keys are made of; their values are different for each entity. */
  readonly unique: ReadonlySet<string>;
}

export function inventWorld(facts: Facts, random: Random): World {
  const entityTypes = new Set(
    [...facts.objectTypes].filter((name) =>
      [...facts.subgraphs.values()].some((subgraph) => (subgraph.keys.get(name)?.length ?? 0) > 0),
    ),
  );
  const work: Work = { facts, random, entityTypes, unique: uniqueFields(facts) };
  const entities: Record<string, StoredObject> = {};
  for (const typeName of entityTypes) {
    for (let number = 0; number < entitiesOfAType; number += 1) {
      entities[`${typeName}/${number}`] = inventObject(work, typeName, 0, number);
    }
  }
  const roots = { Query: inventObject(work, 'Query', 0), Mutation: inventObject(work, 'Mutation', 0) };
  return { entities, roots, unknown: inventUnknown(facts, random, entities) };
}

function uniqueFields(facts: Facts): Set<string> {
  const found = new Set<string>();
  for (const { keys } of facts.subgraphs.values()) {
    for (const [typeName, all] of keys) {
      for (const { selections } of all) {
        for (const selection of selections) {
          if (selection.kind === Kind.FIELD) found.add(`${typeName}.${selection.name.value}`);
        }
      }
    }
  }
  return found;
}

/** `number`: which of its type's entities; undefined for an object that only stands in another. */
function inventObject(work: Work, typeName: string, depth: number, number?: number): StoredObject {
  const fields = [...work.facts.fieldNames(typeName)].flatMap((field): [string, Stored][] => {
    const servings = work.facts.servings(typeName, field);
    const [first] = servings;
    if (first === undefined) return [];
    const invent = () =>
      inventValue(
        work,
        servings.map(({ type }) => type),
        servings,
        depth,
        false,
      );
    if (number !== undefined && work.unique.has(`${typeName}.${field}`)) {
      return [[field, inventKey(work, servings, typeName, number)]];
    }
    const depends = (first.node.arguments ?? []).length > 0 || servings.some(({ requires }) => requires);
    if (!depends && typeName !== 'Mutation') return [[field, withTicks(work, first, invent())]];
    return [[field, { $choices: Array.from({ length: choices }, invent) }]];
  });
  return { $type: typeName, ...Object.fromEntries(fields) };
}

/** An Int sometimes tells how many mutation fields have run before it was read. */
function withTicks({ random, facts }: Work, { type, node }: Serving, value: Stored): Stored {
  const isInt = namedType(type) === 'Int' && type.kind !== Kind.LIST_TYPE;
  const hasMutations = [...facts.subgraphs.values()].some(({ objects }) => objects.has('Mutation'));
  const isBare = type.kind === Kind.NAMED_TYPE || type.kind === Kind.NON_NULL_TYPE;
  const isList = type.kind === Kind.NON_NULL_TYPE && type.type.kind === Kind.LIST_TYPE;
  const isFree = node.directives?.length === 0;
  return isInt && isBare && !isList && isFree && hasMutations && random.chance(0.3)
    ? { $ticks: true }
    : value;
}

function inventKey(work: Work, servings: readonly Serving[], typeName: string, number: number): Stored {
  const [first] = servings;
  if (first === undefined) throw new NoData(`nobody serves a key of ${typeName}`);
  const named = namedType(first.type);
  // Unlike in every other type too: an interface object's key does not tell which type it is.
  if (named === 'ID' || named === 'String') return `${typeName.toLowerCase()}-${number}`;
  if (named === 'Int') return number * 7 + 1;
  if (work.entityTypes.has(named)) return { $ref: `${named}/${number}` };
  if (work.facts.objectTypes.has(named)) {
    const inner = inventObject(work, named, 1);
    const unique = Object.entries(inner).map(([field, value]) => {
      return [field, field === 'code' ? `${named.toLowerCase()}-${number}` : value];
    });
    return Object.fromEntries(unique) as unknown as StoredObject;
  }
  throw new NoData(`no key is made of ${named}`);
}

/** `types`: what each serving subgraph says of this value. */
function inventValue(
  work: Work,
  types: readonly TypeNode[],
  servings: readonly Serving[],
  depth: number,
  isItem: boolean,
): Stored {
  const { random } = work;
  const mustBe = types.some(({ kind }) => kind === Kind.NON_NULL_TYPE);
  const bare = types.map((type) => (type.kind === Kind.NON_NULL_TYPE ? type.type : type));
  const isComposite = bare.some((type) => isObjectLike(work, namedType(type)));
  if (!mustBe && (random.chance(isItem ? 0.08 : 0.12) || (isComposite && depth > mostDepth))) return null;
  if (depth > tooDeep) throw new NoData('a value contains itself for ever');
  if (bare.some(({ kind }) => kind === Kind.LIST_TYPE)) {
    const items = bare.map((type) => (type.kind === Kind.LIST_TYPE ? type.type : type));
    const length = isComposite && depth > mostDepth ? 0 : random.between(0, longestList);
    try {
      return Array.from({ length }, () => inventValue(work, items, servings, depth, true));
    } catch (error) {
      if (error instanceof NoData) return [];
      throw error;
    }
  }
  try {
    return inventNamed(work, bare.map(namedType), servings, depth);
  } catch (error) {
    if (error instanceof NoData && !mustBe) return null;
    throw error;
  }
}

function isObjectLike({ facts }: Work, name: string): boolean {
  return facts.objectTypes.has(name) || facts.possible(name).size > 0;
}

function inventNamed(
  work: Work,
  names: readonly string[],
  servings: readonly Serving[],
  depth: number,
): Stored {
  const { facts, random, entityTypes } = work;
  const [name] = names;
  if (name === undefined) throw new NoData('a field that nobody serves');
  if (!isObjectLike(work, name)) return inventLeaf(random, name, commonValues(facts, name, servings));
  const possible = [...facts.possible(name)].filter((typeName) =>
    servings.every(({ subgraph }, index) => knows(facts, subgraph, names[index] ?? name, typeName)),
  );
  if (possible.length === 0) throw new NoData(`no subgraph's ${name} is another's`);
  const typeName = random.pick(possible);
  return entityTypes.has(typeName)
    ? { $ref: `${typeName}/${random.below(entitiesOfAType)}` }
    : inventObject(work, typeName, depth + 1);
}

/** Whether the subgraph can answer with the type under that name. */
function knows(facts: Facts, subgraphName: string, name: string, typeName: string): boolean {
  const subgraph = facts.subgraphs.get(subgraphName);
  if (subgraph === undefined) return false;
  if (subgraph.interfaceObjects.has(name)) return facts.isPossible(name, typeName);
  if (subgraph.possible(name).has(typeName)) return true;
  // A member that is an interface object there.
  return [...subgraph.interfaceObjects].some(
    (other) => subgraph.possible(name).has(other) && facts.isPossible(other, typeName),
  );
}

/** Of an enum: the values that every serving subgraph has; undefined for other types. */
function commonValues(
  facts: Facts,
  name: string,
  servings: readonly Serving[],
): readonly string[] | undefined {
  const all = servings.flatMap(({ subgraph }) => {
    const values = facts.subgraphs.get(subgraph)?.enums.get(name);
    return values === undefined ? [] : [values];
  });
  const [first, ...rest] = all;
  return first?.filter((value) => rest.every((values) => values.includes(value)));
}
