// The keys by which entities are known, from the supergraph: what tells that two objects are the same one.
import { Kind } from 'graphql';
import { stringArgument } from '../supergraph/directive-arguments.ts';
import { parseFieldSet } from '../supergraph/field-set.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';

/** By type, field names of each key. Keys with nested fields are left out: clients seldom select all of one. */
export type EntityKeys = ReadonlyMap<string, readonly (readonly string[])[]>;

export function readEntityKeys({ document }: Supergraph): EntityKeys {
  const keys = new Map<string, readonly (readonly string[])[]>();
  for (const definition of document.definitions) {
    const isType =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
    if (!isType) continue;
    const texts = (definition.directives ?? []).flatMap((applied) =>
      applied.name.value === 'join__type' ? [stringArgument(applied, 'key')] : [],
    );
    const flat = [...new Set(texts)].flatMap((text) => (text === undefined ? [] : flatFields(text)));
    if (flat.length > 0) keys.set(definition.name.value, flat);
  }
  return keys;
}

/** A list with the names, or an empty one for a nested key. */
function flatFields(text: string): (readonly string[])[] {
  const names: string[] = [];
  for (const selection of parseFieldSet(text).selections) {
    if (selection.kind !== Kind.FIELD || selection.selectionSet !== undefined) return [];
    names.push(selection.name.value);
  }
  return [names.toSorted()];
}
