// The operation of a fetch, read: what the passes and checks of plans look at.
import {
  Kind,
  parse,
  print,
  type DefinitionNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';
import type { EntityFetch, Plan, PlanNode, RootFetch } from './plan.ts';
import { PlanningFailed } from './planner.ts';

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

export interface FetchOperation {
  readonly operation: OperationDefinitionNode;
  /** The root fields by their response keys. */
  readonly fields: ReadonlyMap<string, FieldNode>;
  readonly fragments: Fragments;
}

/** Each is parsed once, however many passes and checks look at it. */
const read = new WeakMap<RootFetch | EntityFetch, FetchOperation>();

/** Throws PlanningFailed when it is no GraphQL: planners write such, as with selections that are empty. */
export function operationOf(fetch: RootFetch | EntityFetch): FetchOperation {
  let known = read.get(fetch);
  if (known === undefined) {
    known = fetchOperation(definitionsOf(fetch), fetch.subgraph);
    read.set(fetch, known);
  }
  return known;
}

/** Of a plan that nothing looks at any more: what was read takes more memory than the plan itself. */
export function forgetOperations({ root }: Plan): void {
  if (root !== undefined) for (const fetch of fetchesOf(root)) read.delete(fetch);
}

function definitionsOf({ operation, subgraph }: RootFetch | EntityFetch): readonly DefinitionNode[] {
  try {
    return parse(operation, { noLocation: true }).definitions;
  } catch (cause) {
    throw new PlanningFailed(`What ${subgraph} is to be asked is no GraphQL.`, { cause });
  }
}

function fetchOperation(definitions: readonly DefinitionNode[], subgraph: string): FetchOperation {
  const fragments = new Map(
    definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const operation = definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (operation === undefined) throw new Error(`a fetch from ${subgraph} has no operation`);
  const fields = new Map(
    operation.selectionSet.selections.flatMap((node) =>
      node.kind === Kind.FIELD ? [[keyOf(node), node] as const] : [],
    ),
  );
  return { operation, fields, fragments };
}

/** All fetches below a node, in the plan's order. */
export function fetchesOf(node: PlanNode): (RootFetch | EntityFetch)[] {
  switch (node.kind) {
    case 'root':
    case 'entities':
      return [node];
    case 'sequence':
    case 'parallel':
      return node.nodes.flatMap(fetchesOf);
    case 'defer':
      return [node.primary, ...node.deferred].flatMap((part) =>
        part.node === undefined ? [] : fetchesOf(part.node),
      );
    default:
      return node satisfies never;
  }
}

/** The response key. */
export function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

/** A field's name with its arguments, in whatever order they stand: equal for equal calls. */
export function callText({ name, arguments: given = [] }: FieldNode): string {
  if (given.length === 0) return name.value;
  return `${name.value}(${given.map(print).toSorted().join(', ')})`;
}
