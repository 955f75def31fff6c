// From the merged tree to the response: graphql-js executes the client's selection over it, so that null propagation,
// order, abstract types and introspection are those of the reference implementation.
import {
  executeSync,
  Kind,
  OperationTypeNode,
  type DocumentNode,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type SelectionSetNode,
  type VariableDefinitionNode,
} from 'graphql';
import { unauthorizedError, type DeniedField } from '../authorization/denied-field.ts';
import { clientsOwnKeys, type PlannedKeys } from '../operation/planned-keys.ts';
import type { ErrorLog } from '../errors/error-log.ts';
import { checkedValue, concreteType, InvalidValue, invalidValueCode } from './invalid-value.ts';
import { readOwn, type Tree } from './merged-tree.ts';
import type { ResponsePath } from './positions.ts';

export interface Completion {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly root: Tree;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Where in the response the root stands. */
  readonly at: ResponsePath;
  readonly denied: readonly DeniedField[];
  /** By default the client's own. */
  readonly keys?: PlannedKeys;
  /** Reports of subgraphs: a null that one of them explains is no error of its own. */
  readonly log: ErrorLog;
}

export interface Completed {
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly GraphQLFormattedError[];
}

export function complete({
  schema,
  document,
  root,
  variables,
  at,
  denied,
  keys = clientsOwnKeys,
  log,
}: Completion): Completed {
  const { data, errors = [] } = executeSync({
    schema,
    document,
    rootValue: root,
    variableValues: variables,
    fieldResolver: (
      source,
      _arguments,
      _context,
      { path, parentType, returnType: type, fieldNodes: fields },
    ) =>
      isDenied(denied, at, path, parentType.name)
        ? new Denied()
        : checkedValue(
            { schema, type, fields },
            readOwn(source, fields[0] === undefined ? String(path.key) : keys.of(fields[0])),
          ),
    typeResolver: (value, _context, { fieldNodes }, type) => concreteType(schema, type, fieldNodes, value),
  });
  return { data: data ?? null, errors: errors.flatMap((error) => reported(error, at, log)) };
}

/** Where the caller may not look; no subgraph has been asked for it. */
class Denied extends Error {
  override readonly name = 'Denied';
}

function isDenied(
  denied: readonly DeniedField[],
  at: ResponsePath,
  path: GraphQLResolveInfo['path'],
  typeName: string,
): boolean {
  if (denied.length === 0) return false;
  const below: (string | number)[] = [];
  for (let step: typeof path | undefined = path; step !== undefined; step = step.prev)
    below.unshift(step.key);
  const names = [...at, ...below].filter((key) => typeof key === 'string').join('.');
  return denied.some((field) => field.path.join('.') === names && (field.onTypes?.has(typeName) ?? true));
}

function reported({ message, path = [], originalError }: GraphQLError, at: ResponsePath, log: ErrorLog) {
  const place = [...at, ...path];
  if (originalError instanceof Denied) return [unauthorizedError(place)];
  if (log.explains(place)) return [];
  return [
    {
      message: originalError instanceof InvalidValue ? originalError.message : publicMessage(message),
      path: place,
      extensions: { code: invalidValueCode },
    },
  ];
}

/** The one other message of graphql-js that can come here names only the API schema. */
function publicMessage(message: string): string {
  return message.startsWith('Cannot return null for non-nullable field ')
    ? message
    : 'A subgraph sent a value that is not what the schema says.';
}

/** A query that selects just this, whatever the schema's query type is. */
export function documentOf(
  selectionSet: SelectionSetNode,
  variableDefinitions: readonly VariableDefinitionNode[],
): DocumentNode {
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: OperationTypeNode.QUERY,
        variableDefinitions,
        selectionSet,
      },
    ],
  };
}
