// Response keys as they are planned. A client may give a field the name of another field of the same object, such as of a
// key or of what a @requires needs, which planners fetch beside it: both would stand under one name. So such aliases go
// out under a name of their own, and come back as the client's; and so does a field that some @requires calls with
// other arguments, as far as names can tell. The same holds for names that every object inherits.
import { Kind, type DocumentNode, type FieldNode } from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { withFields } from './walk-selections.ts';

export interface PlannedKeys {
  /** The response key under which subgraphs answer the field. */
  of(field: FieldNode): string;
  /** And back: the client's response key. */
  clientKey(key: string): string;
}

/** No field of a subgraph begins so; an alias that does is renamed like the others. */
const prefix = '_client_';

const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

export const clientsOwnKeys: PlannedKeys = {
  of: ({ alias, name }) => alias?.value ?? name.value,
  clientKey: (key) => key,
};

export function plannedKeys({
  fieldNames,
  external,
}: Pick<Supergraph, 'fieldNames' | 'external'>): PlannedKeys {
  const isTaken = (alias: string) =>
    fieldNames.has(alias) || inherited.has(alias) || alias.startsWith(prefix);
  return {
    of({ alias, name, arguments: given = [] }) {
      if (alias === undefined || alias.value === name.value) {
        const others = given.length > 0 ? external.required : external.requiredWithArguments;
        return others.has(name.value) ? `${prefix}${name.value}` : name.value;
      }
      return isTaken(alias.value) ? `${prefix}${alias.value}` : alias.value;
    },
    clientKey: (key) => (key.startsWith(prefix) ? key.slice(prefix.length) : key),
  };
}

export function withPlannedKeys(document: DocumentNode, keys: PlannedKeys): DocumentNode {
  const planned = (field: FieldNode): FieldNode => {
    const key = keys.of(field);
    // An alias that is the field's name makes it another field for the native planner.
    if (key === field.name.value) {
      const { alias: _, ...unaliased } = field;
      return unaliased;
    }
    if (key === field.alias?.value) return field;
    return { ...field, alias: { kind: Kind.NAME, value: key } };
  };
  return {
    ...document,
    definitions: document.definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION
        ? { ...definition, selectionSet: withFields(definition.selectionSet, planned) }
        : definition,
    ),
  };
}
