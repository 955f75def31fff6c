// Entities that one subgraph has never heard of. Only where that means the same whatever the plan: the subgraph refers to
// no such entity itself, it is no way from one key to another, and nobody else serves or needs what it serves. Then its
// fields of that entity are null, for the monolith too.
import { Kind, visit } from 'graphql';
import { parseFieldSet } from '../supergraph/field-set.ts';
import { namedType, type Facts } from './facts.ts';
import type { SubgraphFacts } from './subgraph-facts.ts';
import type { Random } from './random.ts';
import type { StoredObject } from './world.ts';

/** Changes the entities: fields that are lost become null. */
export function inventUnknown(
  facts: Facts,
  random: Random,
  entities: Record<string, StoredObject>,
): Record<string, string[]> {
  const unknown: Record<string, string[]> = {};
  const needed = neededFields(facts);
  for (const subgraph of facts.subgraphs.values()) {
    for (const typeName of facts.objectTypes) {
      const own = fieldsOfItsOwn(facts, subgraph, typeName, needed);
      if (own === undefined || !random.chance(0.5)) continue;
      const references = Object.keys(entities).filter((reference) => reference.startsWith(`${typeName}/`));
      for (const reference of random.some(references, 1, 2)) {
        const entity = entities[reference];
        if (entity === undefined) continue;
        entities[reference] = { ...entity, ...Object.fromEntries(own.map((field) => [field, null])) };
        (unknown[subgraph.name] ??= []).push(reference);
      }
    }
  }
  return unknown;
}

/** Undefined when an unknown entity of the type would mean different things to different plans. */
function fieldsOfItsOwn(
  facts: Facts,
  subgraph: SubgraphFacts,
  typeName: string,
  needed: ReadonlySet<string>,
): string[] | undefined {
  const fields = subgraph.objects.get(typeName);
  const keys = subgraph.keys.get(typeName) ?? [];
  if (fields === undefined || keys.length !== 1 || refersTo(subgraph, typeName)) return undefined;
  const names = [...fields.keys()].filter((field) => !subgraph.isKeyField(typeName, field));
  const own = names.filter((field) => {
    const servings = facts.servings(typeName, field);
    return !servings.find((serving) => serving.subgraph === subgraph.name)?.isExternal;
  });
  const isAlone = own.every((field) => {
    const servings = facts.servings(typeName, field);
    return servings.length === 1 && servings.every(({ isOverridden }) => !isOverridden) && !needed.has(field);
  });
  return isAlone && own.length > 0 ? own : undefined;
}

/** Whether some field of the subgraph may answer with such an object. */
function refersTo(subgraph: SubgraphFacts, typeName: string): boolean {
  for (const fields of subgraph.objects.values()) {
    for (const { type } of fields.values()) {
      const named = namedType(type);
      if (subgraph.interfaceObjects.has(named) || subgraph.possible(named).has(typeName)) return true;
    }
  }
  return false;
}

/** Names of all fields that some field set selects, whatever their type. */
export function neededFields(facts: Facts): Set<string> {
  const names = new Set<string>();
  for (const { document } of facts.subgraphs.values()) {
    visit(document, {
      Directive({ name, arguments: given = [] }) {
        if (!['key', 'requires', 'provides'].includes(name.value)) return;
        const value = given.find((argument) => argument.name.value === 'fields')?.value;
        if (value?.kind !== Kind.STRING) return;
        visit(parseFieldSet(value.value), { Field: (field) => void names.add(field.name.value) });
      },
    });
  }
  return names;
}
