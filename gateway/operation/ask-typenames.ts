// What planners leave out and executors need: the type of every object that stands at an abstract position, so that a
// type that is impossible there is found. Where an interface object may stand it is only asked for when the client does,
// since its own subgraph knows no more than the interface's name, and the real one costs a request.
import {
  isAbstractType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
} from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

export function withTypenames(
  schema: GraphQLSchema,
  supergraph: Supergraph,
  document: DocumentNode,
): DocumentNode {
  const info = new TypeInfo(schema);
  return visit(
    document,
    visitWithTypeInfo(info, {
      // The plain name is what executors look for; the client's alias is theirs to write.
      Field: (field) =>
        field.name.value === '__typename' && field.alias !== undefined ? typename : undefined,
      SelectionSet: {
        leave(set, _key, parent) {
          const type = info.getParentType();
          const isOfField = parent !== undefined && 'kind' in parent && parent.kind === Kind.FIELD;
          if (!isOfField || !isAbstractType(type) || supergraph.interfaceObjects.has(type.name))
            return undefined;
          return { ...set, selections: [typename, ...set.selections] };
        },
      },
    }),
  );
}
