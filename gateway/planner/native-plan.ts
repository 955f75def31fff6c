// From the native planner's plan to ours (plan.ts).
import type {
  EntityBatchAlias,
  FetchNode,
  FetchNodePathSegment,
  FetchRewrite,
  FlattenNodePathSegment,
  PlanNode as NativeNode,
  QueryPlan,
  RequiresSelection,
} from '@graphql-hive/router-query-planner';
import type {
  EntityLookup,
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

export function fromNativePlan({ node }: QueryPlan): Plan {
  return { root: node == null ? undefined : convert(node, undefined) };
}

function convert(node: NativeNode, path: readonly PathSegment[] | undefined): PlanNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => convert(child, path)) };
    case 'Parallel':
      return { kind: 'parallel', nodes: node.nodes.map((child) => convert(child, path)) };
    case 'Flatten':
      return convert(node.node, [...(path ?? []), ...node.path.map(segmentOf)]);
    case 'Fetch':
      // Without anything required it asks the root again, where a field leads back to Query.
      return path === undefined || node.requires == null ? rootFetch(node, path) : entityFetch(node, path);
    case 'BatchFetch':
      return {
        kind: 'entities',
        subgraph: node.serviceName,
        operation: node.operation,
        variables: node.variableUsages ?? [],
        lookups: node.entityBatch.aliases.map(lookupOf),
      };
    case 'Condition':
    case 'Subscription':
    case 'Defer':
      throw new PlanningFailed(
        `The native planner made a ${node.kind} node, which no operation here asks for.`,
      );
    default:
      return node satisfies never;
  }
}

function rootFetch(node: FetchNode, path: readonly PathSegment[] | undefined): PlanNode {
  const { operationKind = 'query' } = node;
  if (operationKind === 'subscription') throw new PlanningFailed('Subscriptions are not planned here.');
  return {
    kind: 'root',
    ...(path === undefined ? {} : { path }),
    subgraph: node.serviceName,
    operationKind,
    operation: node.operation,
    variables: node.variableUsages ?? [],
    outputRewrites: (node.outputRewrites ?? []).map(renameOf),
  };
}

function entityFetch(node: FetchNode, path: readonly PathSegment[]): PlanNode {
  return {
    kind: 'entities',
    subgraph: node.serviceName,
    operation: node.operation,
    variables: node.variableUsages ?? [],
    lookups: [
      {
        alias: '_entities',
        representationsVariable: 'representations',
        paths: [path],
        requires: (node.requires ?? []).map(fragmentOf),
        inputRewrites: (node.inputRewrites ?? []).map(setterOf),
        outputRewrites: (node.outputRewrites ?? []).map(renameOf),
      },
    ],
  };
}

function lookupOf(alias: EntityBatchAlias): EntityLookup {
  return {
    alias: alias.alias,
    representationsVariable: alias.representationsVariableName,
    paths: alias.paths.map((path) => path.map(segmentOf)),
    requires: alias.requires.map(fragmentOf),
    inputRewrites: (alias.inputRewrites ?? []).map(setterOf),
    outputRewrites: (alias.outputRewrites ?? []).map(renameOf),
  };
}

function segmentOf(segment: FlattenNodePathSegment): PathSegment {
  if (segment === '@') return { kind: 'items' };
  if ('Field' in segment) return { kind: 'field', name: segment.Field };
  return { kind: 'types', names: segment.TypeCondition };
}

function fragmentOf(selection: RequiresSelection): RequiredFragment {
  const converted = requiredOf(selection);
  return converted.kind === 'fragment'
    ? converted
    : { kind: 'fragment', typeCondition: undefined, selections: [converted] };
}

/** A field's `name` is where it stands in the response, its `alias` what the subgraph calls it. */
function requiredOf(selection: RequiresSelection): RequiredSelection {
  switch (selection.kind) {
    case 'InlineFragment':
      if (selection.skipIf != null || selection.includeIf != null) {
        throw new PlanningFailed(
          'The native planner made a condition, though none was left in the operation.',
        );
      }
      return {
        kind: 'fragment',
        typeCondition: selection.typeCondition,
        selections: selection.selections.map(requiredOf),
      };
    case 'Field':
      return {
        kind: 'field',
        source: selection.name,
        name: selection.alias ?? selection.name,
        ...(selection.selections == null ? {} : { selections: selection.selections.map(requiredOf) }),
      };
    case 'FragmentSpread':
      throw new PlanningFailed('The native planner left a fragment spread in what a fetch requires.');
    default:
      return selection satisfies never;
  }
}

function setterOf(rewrite: FetchRewrite): ValueSetter {
  if (!('ValueSetter' in rewrite) && !('setValueTo' in rewrite)) {
    throw new PlanningFailed('The native planner renames a key of a representation, which is unknown here.');
  }
  const { path, setValueTo } = 'ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite;
  return { path: path.map(rewriteSegmentOf), value: setValueTo };
}

function renameOf(rewrite: FetchRewrite): KeyRename {
  if (!('KeyRenamer' in rewrite)) {
    throw new PlanningFailed('The native planner sets a value in an answer, which is unknown here.');
  }
  const { path, renameKeyTo } = rewrite.KeyRenamer;
  return { path: path.map(rewriteSegmentOf), to: renameKeyTo };
}

function rewriteSegmentOf(segment: FetchNodePathSegment): RewriteSegment {
  return 'Key' in segment
    ? { kind: 'key', name: segment.Key }
    : { kind: 'types', names: segment.TypenameEquals };
}
