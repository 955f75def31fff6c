// Which fields a representation cannot do without. A planner may list the fields of several keys, whether or not the
// entity has them all: one key that is complete is enough for the subgraph to know the entity by.
import { Kind, type SelectionSetNode } from 'graphql';
import { operationOf, type Fragments } from '../planner/fetch-operation.ts';
import type { EntityFetch, EntityLookup } from '../planner/plan.ts';
import type { Supergraph } from './supergraph.ts';

export interface RepresentationFields {
  /** What must have come. The other fields are sent when they are there, without a null in them. */
  readonly needed: ReadonlySet<string>;
  /** One of these must be there as a whole, without a null in it. */
  readonly keys: readonly ReadonlySet<string>[];
}

/** `names`: all fields that the plan lists for the type; `typeName`: what the subgraph calls it. */
export function representationFields(
  supergraph: Supergraph,
  fetch: EntityFetch,
  lookup: EntityLookup,
  typeName: string,
  names: ReadonlySet<string>,
): RepresentationFields {
  const keyFields = supergraph.keyFields(fetch.subgraph, typeName);
  const keys = supergraph
    .keys(fetch.subgraph, typeName)
    .filter(({ fields, isResolvable }) => isResolvable && isWithin(fields, names))
    .map(({ fields }) => new Set([...fields].filter((name) => name !== '__typename')));
  const [only] = keys;
  if (only === undefined) return { needed: names, keys: [names.intersection(keyFields)] };
  const certain = keys.length === 1 ? only : new Set<string>();
  const spare = names.intersection(keyFields).difference(certain);
  if (spare.size === 0) return { needed: names, keys };
  const required = requiredFields(supergraph, fetch, lookup, typeName);
  return { needed: names.difference(spare.difference(required)), keys };
}

function isWithin(fields: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  return [...fields].every((name) => name === '__typename' || names.has(name));
}

/** Of the entity, by @requires of the fields that the lookup asks for. */
function requiredFields(
  { external }: Supergraph,
  fetch: EntityFetch,
  { alias }: EntityLookup,
  typeName: string,
): Set<string> {
  const { fields, fragments } = operationOf(fetch);
  const found = new Set<string>();
  for (const asked of fieldsOf(fields.get(alias)?.selectionSet, fragments)) {
    for (const name of fieldsOf(external.requires(fetch.subgraph, typeName, asked), fragments))
      found.add(name);
  }
  return found;
}

/** Names of the fields of the object itself, whatever its type. */
function fieldsOf(set: SelectionSetNode | undefined, fragments: Fragments): string[] {
  return (set?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, fragments);
    return fieldsOf(fragments.get(selection.name.value)?.selectionSet, fragments);
  });
}

/** A key is null when a part of it is. */
export function holdsNull(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsNull);
  return typeof value === 'object' && value !== null ? Object.values(value).some(holdsNull) : value === null;
}
