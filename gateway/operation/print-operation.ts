// An operation as text on one line, for planners. graphql-js's printer goes through the document by a visitor that
// copies each node, which for a document nobody has sent before was a tenth of all that is done to it.
import {
  Kind,
  print,
  type ArgumentNode,
  type DirectiveNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export function printOperation(node: OperationDefinitionNode): string {
  const { operation, name, variableDefinitions = [], directives, selectionSet } = node;
  const variables = variableDefinitions.length === 0 ? '' : `(${variableDefinitions.map(print).join(', ')})`;
  const head = `${operation} ${name?.value ?? ''}${variables}${directivesText(directives)}`.trimEnd();
  return `${head === 'query' ? '' : `${head} `}${setText(selectionSet)}`;
}

function setText({ selections }: SelectionSetNode): string {
  let text = '{';
  for (const selection of selections) text += ` ${selectionText(selection)}`;
  return `${text} }`;
}

function selectionText(selection: SelectionNode): string {
  const directives = directivesText(selection.directives);
  switch (selection.kind) {
    case Kind.FIELD: {
      const { alias, name, arguments: given, selectionSet } = selection;
      const called = `${alias === undefined ? '' : `${alias.value}: `}${name.value}${argumentsText(given)}`;
      return `${called}${directives}${selectionSet === undefined ? '' : ` ${setText(selectionSet)}`}`;
    }
    case Kind.INLINE_FRAGMENT: {
      const { typeCondition, selectionSet } = selection;
      const condition = typeCondition === undefined ? '' : ` on ${typeCondition.name.value}`;
      return `...${condition}${directives} ${setText(selectionSet)}`;
    }
    case Kind.FRAGMENT_SPREAD:
      return `...${selection.name.value}${directives}`;
    default:
      return selection satisfies never;
  }
}

function argumentsText(given: readonly ArgumentNode[] | undefined): string {
  if (given === undefined || given.length === 0) return '';
  const texts = given.map(({ name, value }) => {
    const text = value.kind === Kind.VARIABLE ? `$${value.name.value}` : print(value);
    return `${name.value}: ${text}`;
  });
  return `(${texts.join(', ')})`;
}

function directivesText(directives: readonly DirectiveNode[] | undefined): string {
  let text = '';
  for (const { name, arguments: given } of directives ?? []) text += ` @${name.value}${argumentsText(given)}`;
  return text;
}
