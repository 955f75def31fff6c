// What kind of operation a request's body asks the gateway for. A mutation is known before it is sent on, because it
// needs a key that makes it safe to repeat.
import { Kind, OperationTypeNode, parse, type OperationDefinitionNode } from 'graphql';

/** Far more than the gateway takes of a document, so that what is longer is refused there. */
const mostTokens = 10_000;

/** The kind; undefined for what is no request, which the gateway refuses. When in doubt, a mutation. */
export function operationKindOf(body: string): OperationTypeNode | undefined {
  try {
    const { query, operationName } = JSON.parse(body) as { query: string; operationName?: unknown };
    const { definitions } = parse(query, { maxTokens: mostTokens, noLocation: true });
    const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    const named = operations.find(({ name }) => name !== undefined && name.value === operationName);
    return (named ?? mostSerious(operations))?.operation;
  } catch {
    return undefined;
  }
}

/** Mostly told without parsing anything: a text that could not even spell the word asks for none. */
export function isMutation(body: string): boolean {
  return /mutation|\\u/.test(body) && operationKindOf(body) === OperationTypeNode.MUTATION;
}

function mostSerious(operations: readonly OperationDefinitionNode[]): OperationDefinitionNode | undefined {
  return operations.find(({ operation }) => operation === OperationTypeNode.MUTATION) ?? operations[0];
}
