// Which fault, if any, an operation meets. A failing field is one that the operation asks for and no field set needs, so
// that the monolith fails in the same places.
import { print, visit, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Facts } from './facts.ts';
import { fetchFaultKinds } from './fetch-fault.ts';
import type { FieldFault } from './field-fault.ts';
import { neededFields } from './invent-unknown.ts';
import { noFaults, type Faults } from './open-case.ts';
import type { Random } from './random.ts';

export function chooseFaults(
  facts: Facts,
  schema: GraphQLSchema,
  document: DocumentNode,
  random: Random,
): Faults {
  const kind = random.weighted([
    [70, 'none'],
    [15, 'field'],
    [15, 'fetch'],
  ] as const);
  if (kind === 'none') return noFaults;
  if (kind === 'field') return { field: chooseField(facts, schema, document, random), fetch: undefined };
  return {
    field: undefined,
    fetch: {
      kind: random.pick(fetchFaultKinds),
      subgraph: random.pick([...facts.subgraphs.keys()]),
      seed: random.below(1000),
    },
  };
}

function chooseField(
  facts: Facts,
  schema: GraphQLSchema,
  document: DocumentNode,
  random: Random,
): FieldFault | undefined {
  const asked = new Set<string>();
  visit(document, { Field: ({ name }) => void asked.add(name.value) });
  const needed = neededFields(facts);
  const possible = [...facts.objectTypes].flatMap((typeName) => {
    const type = schema.getType(typeName);
    if (type === undefined || !('getFields' in type)) return [];
    return Object.keys(type.getFields())
      .filter((field) => asked.has(field) && !needed.has(field))
      .map((field) => ({ typeName, field }));
  });
  return possible.length === 0 ? undefined : { ...random.pick(possible), oneIn: random.between(1, 3) };
}

/**
 * Whether some field may be null by one subgraph and not by another: where it fails, one of them gives up more than the
 * supergraph's own schema asks for.
 */
export function isUneven(facts: Facts): boolean {
  for (const typeName of facts.objectTypes) {
    for (const field of facts.fieldNames(typeName)) {
      const written = facts.servings(typeName, field).map(({ type }) => print(type));
      if (new Set(written).size > 1) return true;
    }
  }
  return false;
}

/** Whether some field is computed from others. */
export function hasRequires(facts: Facts): boolean {
  return [...facts.objectTypes].some((typeName) =>
    [...facts.fieldNames(typeName)].some((field) => facts.call(typeName, field).requires !== undefined),
  );
}
