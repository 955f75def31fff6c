// What planners leave out and executors need: the type of every object that stands at an abstract position, so that a
// type that is impossible there is found. Where an interface object may stand it is only asked for when the client does,
// since its own subgraph knows no more than the interface's name, and the real one costs a request.
import {
  getNamedType,
  isAbstractType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionNode,
} from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { setOf } from './walk-selections.ts';

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

interface Work {
  readonly schema: GraphQLSchema;
  readonly supergraph: Supergraph;
}

export function withTypenames(
  schema: GraphQLSchema,
  supergraph: Supergraph,
  document: DocumentNode,
): DocumentNode {
  const work: Work = { schema, supergraph };
  return {
    ...document,
    definitions: document.definitions.map((definition) => {
      if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
      const root = schema.getRootType(definition.operation) ?? undefined;
      const selections = definition.selectionSet.selections.map((selection) => asked(work, selection, root));
      return { ...definition, selectionSet: setOf(selections) };
    }),
  };
}

/** `type`: what the selection is made on; undefined for introspection, which is no subgraph's. */
function asked(work: Work, selection: SelectionNode, type: GraphQLNamedType | undefined): SelectionNode {
  switch (selection.kind) {
    case Kind.FIELD:
      return askedField(work, selection, type);
    case Kind.INLINE_FRAGMENT: {
      const condition = selection.typeCondition?.name.value;
      const inner = condition === undefined ? type : work.schema.getType(condition);
      const selections = selection.selectionSet.selections.map((child) => asked(work, child, inner));
      return { ...selection, selectionSet: setOf(selections) };
    }
    case Kind.FRAGMENT_SPREAD:
      return selection;
    default:
      return selection satisfies never;
  }
}

function askedField(work: Work, field: FieldNode, parent: GraphQLNamedType | undefined): FieldNode {
  const name = field.name.value;
  // The plain name is what executors look for; the client's alias is theirs to write.
  if (name === '__typename') return field.alias === undefined ? field : typename;
  if (field.selectionSet === undefined) return field;
  const definition = parent !== undefined && 'getFields' in parent ? parent.getFields()[name] : undefined;
  const type = definition === undefined ? undefined : getNamedType(definition.type);
  const selections = field.selectionSet.selections.map((child) => asked(work, child, type));
  const isAsked = isAbstractType(type) && !work.supergraph.interfaceObjects.has(type.name);
  return { ...field, selectionSet: setOf(isAsked ? [typename, ...selections] : selections) };
}
