// From Apollo's plan to ours (plan.ts).
import type {
  DeferNode as ApolloDefer,
  FetchDataRewrite,
  FetchNode,
  PlanNode as ApolloNode,
  QueryPlan,
  QueryPlanSelectionNode,
} from '@apollo/query-planner';
import type {
  DeferNode,
  EntityPath,
  KeyRename,
  PathSegment,
  Plan,
  PlanNode,
  RequiredFragment,
  RequiredSelection,
  RewriteSegment,
  ValueSetter,
} from './plan.ts';
import { PlanningFailed } from './planner.ts';

const fragmentPrefix = '... on ';

/** Throws PlanningFailed for what the plan type cannot hold. */
export function fromApolloPlan({ node }: QueryPlan): Plan {
  if (node === undefined) return { root: undefined };
  if (node.kind === 'Subscription') throw new PlanningFailed('Subscriptions are not planned here.');
  return { root: convert(node, []) };
}

function convert(node: ApolloNode, path: EntityPath): PlanNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => convert(child, path)) };
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map((child) => convert(child, path)) };
    case 'Flatten':
      return convert(node.node, [...path, ...node.path.flatMap((step) => responseSegments(String(step)))]);
    case 'Fetch':
      return fetchNode(node, path);
    case 'Defer':
      return deferNode(node);
    case 'Condition':
      throw new PlanningFailed('A condition was planned, though none was left in the operation.');
    default:
      return node satisfies never;
  }
}

function fetchNode(node: FetchNode, path: EntityPath): PlanNode {
  if (node.contextRewrites !== undefined && node.contextRewrites.length > 0) {
    throw new PlanningFailed('@fromContext is not supported.');
  }
  const { serviceName: subgraph, operation, operationKind, variableUsages: variables = [], requires } = node;
  const id = node.id === undefined ? {} : { id: node.id };
  const outputRewrites = (node.outputRewrites ?? []).map(renameOf);
  if (operationKind === 'subscription') throw new PlanningFailed('Subscriptions are not planned here.');
  if (requires === undefined) {
    const at = path.length === 0 ? {} : { path };
    return { kind: 'root', subgraph, operationKind, operation, variables, outputRewrites, ...at, ...id };
  }
  return {
    kind: 'entities',
    subgraph,
    operation,
    variables,
    lookups: [
      {
        alias: '_entities',
        representationsVariable: 'representations',
        paths: [path],
        requires: requires.map(fragmentOf),
        inputRewrites: (node.inputRewrites ?? []).map(setterOf),
        outputRewrites,
      },
    ],
    ...id,
  };
}

function deferNode({ primary, deferred }: ApolloDefer): DeferNode {
  return {
    kind: 'defer',
    primary: {
      node: primary.node === undefined ? undefined : convert(primary.node, []),
      selection: primary.subselection,
    },
    deferred: deferred.map(({ depends, label, queryPath, subselection, node }) => ({
      dependsOn: depends.map(({ id }) => id),
      label,
      path: queryPath.map(querySegment),
      selection: subselection,
      node: node === undefined ? undefined : convert(node, []),
    })),
  };
}

/** `books`, `@` for the items of a list, either with `|[A,B]` for objects of these types only; `` for the root. */
function responseSegments(step: string): PathSegment[] {
  const [place = '', conditions] = step.split('|');
  const segments: PathSegment[] = [];
  if (place === '@') segments.push({ kind: 'items' });
  else if (place !== '') segments.push({ kind: 'field', name: place });
  if (conditions !== undefined) segments.push({ kind: 'types', names: conditions.slice(1, -1).split(',') });
  return segments;
}

function querySegment(step: string): PathSegment {
  return step.startsWith(fragmentPrefix)
    ? { kind: 'types', names: [step.slice(fragmentPrefix.length)] }
    : { kind: 'field', name: step };
}

function fragmentOf(selection: QueryPlanSelectionNode): RequiredFragment {
  const converted = requiredOf(selection);
  return converted.kind === 'fragment'
    ? converted
    : { kind: 'fragment', typeCondition: undefined, selections: [converted] };
}

/** Apollo's planner never aliases what is required: the name in the response is the name in the representation. */
function requiredOf(selection: QueryPlanSelectionNode): RequiredSelection {
  if (selection.kind === 'InlineFragment') {
    const { typeCondition, selections } = selection;
    return { kind: 'fragment', typeCondition, selections: selections.map(requiredOf) };
  }
  const { name, alias, selections } = selection;
  if (alias !== undefined && alias !== name) {
    throw new PlanningFailed(`A required field was aliased, which is unknown here: ${alias}: ${name}`);
  }
  return {
    kind: 'field',
    source: name,
    name,
    ...(selections === undefined ? {} : { selections: selections.map(requiredOf) }),
  };
}

function setterOf(rewrite: FetchDataRewrite): ValueSetter {
  if (rewrite.kind !== 'ValueSetter') {
    throw new PlanningFailed('A key of a representation was to be renamed, which is unknown here.');
  }
  return { path: rewrite.path.map(rewriteSegment), value: rewrite.setValueTo };
}

function renameOf(rewrite: FetchDataRewrite): KeyRename {
  if (rewrite.kind !== 'KeyRenamer') {
    throw new PlanningFailed('A value of an answer was to be set, which is unknown here.');
  }
  return { path: rewrite.path.map(rewriteSegment), to: rewrite.renameKeyTo };
}

function rewriteSegment(step: string): RewriteSegment {
  return step.startsWith(fragmentPrefix)
    ? { kind: 'types', names: [step.slice(fragmentPrefix.length)] }
    : { kind: 'key', name: step };
}
