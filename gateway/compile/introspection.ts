// `__schema` and `__type` at the root of a query: graphql-js answers them from the API schema; no subgraph is asked.
import {
  execute,
  Kind,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';
import { isIntrospection } from '../operation/plannable.ts';

export type Introspection = (variables: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** Where the root holds an answer of graphql-js: apart from those of subgraphs, whatever names the client gave. */
export function introspectionKey(key: string): `$__${string}` {
  return `$__${key}`;
}

/** By introspectionKey; undefined when the operation asks for no introspection. */
export function introspectionOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
): Introspection | undefined {
  const selections = only(operation.selectionSet.selections);
  if (selections.length === 0) return undefined;
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [{ ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections } }],
  };
  return (variables) => {
    const { data } = execute({ schema, document, variableValues: { ...variables } }) as ExecutionResult;
    return Object.fromEntries(
      Object.entries(data ?? {}).map(([key, value]) => [introspectionKey(key), value]),
    );
  };
}

function only(selections: readonly SelectionNode[]): SelectionNode[] {
  return selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return isIntrospection(selection) ? [selection] : [];
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
    const inner = only(selection.selectionSet.selections);
    const selectionSet = { kind: Kind.SELECTION_SET, selections: inner } as const;
    return inner.length === 0 ? [] : [{ ...selection, selectionSet }];
  });
}
