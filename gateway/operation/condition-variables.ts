// Which variables decide @skip, @include and @defer in an operation: their values choose the plan.
import {
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';
import { eachSelection } from './walk-selections.ts';

const conditional = new Set(['skip', 'include', 'defer']);

/** In the order of their names. */
export function conditionVariables(document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const fragments = fragmentsOf(document);
  const names = new Set<string>();
  const seen = new Set<string>();
  const waiting: (OperationDefinitionNode | FragmentDefinitionNode)[] = [operation];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const addDirectives = (directives: readonly DirectiveNode[] = []): void => {
      for (const { name, arguments: given = [] } of directives) {
        if (!conditional.has(name.value)) continue;
        for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
      }
    };
    eachSelection(node.selectionSet, (selection) => {
      addDirectives(selection.directives);
      if (selection.kind !== Kind.FRAGMENT_SPREAD) return;
      const fragment = fragments.get(selection.name.value);
      if (fragment === undefined || seen.has(selection.name.value)) return;
      seen.add(selection.name.value);
      waiting.push(fragment);
    });
  }
  return [...names].toSorted();
}

export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  return new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
}

/** What the conditions are when the client gives none of their variables; a required one counts as false. */
export function defaultConditions({
  variableDefinitions = [],
}: OperationDefinitionNode): Record<string, unknown> {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, type, defaultValue }) => {
      if (defaultValue?.kind === Kind.BOOLEAN) return [[variable.name.value, defaultValue.value]];
      return type.kind === Kind.NON_NULL_TYPE ? [[variable.name.value, false]] : [];
    }),
  );
}
