// Makes a failing operation smaller, one change at a time, as long as it stays valid and fails in the same way.
import {
  Kind,
  parse,
  print,
  validate,
  visit,
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from '../operation/condition-variables.ts';
import type { Operation } from './invent-operation.ts';
import { shrink } from './shrink.ts';

/** Tries of one shrinking: each runs the operation on all executors. */
const mostTries = 600;

export async function shrinkOperation(
  schema: GraphQLSchema,
  operation: Operation,
  stillFails: (operation: Operation) => Promise<boolean>,
): Promise<Operation> {
  return shrink(operation, (current) => smallerOperations(schema, current), stillFails, mostTries);
}

function* smallerOperations(schema: GraphQLSchema, current: Operation): Generator<Operation> {
  for (const document of smallerDocuments(current.document)) {
    const candidate = tidied(document, current.variables);
    const isValid = validate(schema, candidate.document).length === 0;
    if (isValid && candidate.text.length < current.text.length) yield candidate;
  }
}

/** Every document with one thing less, large things first. */
function* smallerDocuments(document: DocumentNode): Generator<DocumentNode> {
  const sets: SelectionSetNode[] = [];
  const others: ASTNode[] = [];
  visit(document, {
    enter(node) {
      if (node.kind === Kind.SELECTION_SET) sets.push(node);
      else others.push(node);
    },
  });
  for (const set of sets) {
    for (const selections of smallerSelections(document, set.selections)) {
      yield replaced(document, set, { ...set, selections });
    }
  }
  for (const node of others)
    for (const smaller of smallerNodes(node)) yield replaced(document, node, smaller);
}

function* smallerSelections(
  document: DocumentNode,
  selections: readonly SelectionNode[],
): Generator<readonly SelectionNode[]> {
  for (const [index, selection] of selections.entries()) {
    if (selections.length > 1) yield selections.filter((other) => other !== selection);
    if (selection.kind === Kind.FIELD) continue;
    const inner =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentsOf(document).get(selection.name.value);
    // What the fragment holds in its place; validation sees whether that is possible.
    if (inner !== undefined) yield selections.toSpliced(index, 1, ...inner.selectionSet.selections);
  }
}

function* smallerNodes(node: ASTNode): Generator<ASTNode> {
  if (node.kind === Kind.FIELD) {
    const { alias, arguments: args = [] } = node;
    if (alias !== undefined) {
      const { alias: _dropped, ...rest } = node;
      yield rest;
    }
    for (const argument of args) yield { ...node, arguments: args.filter((other) => other !== argument) };
  }
  if ('directives' in node) {
    const { directives = [] } = node;
    for (const directive of directives) {
      yield { ...node, directives: directives.filter((other) => other !== directive) } as ASTNode;
    }
  }
  if (node.kind === Kind.VARIABLE_DEFINITION && node.defaultValue !== undefined) {
    const { defaultValue: _dropped, ...rest } = node;
    yield rest;
  }
  if (node.kind === Kind.LIST && node.values.length > 0) yield { ...node, values: [] };
  if (node.kind === Kind.OBJECT) {
    for (const field of node.fields)
      yield { ...node, fields: node.fields.filter((other) => other !== field) };
  }
  if (node.kind === Kind.OPERATION_DEFINITION && node.name !== undefined) {
    const { name: _dropped, ...rest } = node;
    yield rest;
  }
}

function replaced(document: DocumentNode, old: ASTNode, smaller: ASTNode): DocumentNode {
  return visit(document, { enter: (node) => (node === old ? smaller : undefined) });
}

/** Without fragments, variables and values that are not used any more. */
function tidied(document: DocumentNode, given: Readonly<Record<string, unknown>>): Operation {
  const spread = new Set<string>();
  const fragments = fragmentsOf(document);
  const operation = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const waiting: ASTNode[] = [...operation];
  const used = new Set<string>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    visit(node, {
      // A definition is no use.
      VariableDefinition: () => false,
      Variable: ({ name }) => void used.add(name.value),
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment === undefined || spread.has(name.value)) return;
        spread.add(name.value);
        waiting.push(fragment);
      },
    });
  }
  const kept: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: document.definitions.flatMap((node): DefinitionNode[] => {
      if (node.kind === Kind.FRAGMENT_DEFINITION) return spread.has(node.name.value) ? [node] : [];
      if (node.kind !== Kind.OPERATION_DEFINITION) return [node];
      const variableDefinitions = (node.variableDefinitions ?? []).filter(({ variable }) =>
        used.has(variable.name.value),
      );
      return [{ ...node, variableDefinitions }];
    }),
  };
  const text = print(kept);
  const variables = Object.fromEntries(Object.entries(given).filter(([name]) => used.has(name)));
  return { text, document: parse(text, { noLocation: true }), variables };
}
