// A request whose answer belongs at the root of the response, or at objects that stand for the root again.
import { Kind, parse, type SelectionSetNode } from 'graphql';
import type { KeyRename, RootFetch } from '../planner/plan.ts';
import { mergeInto } from './merged-tree.ts';
import { positionsAt, type Position, type ResponsePath } from './positions.ts';
import { renameKeys, renamePath } from './rewrites.ts';
import type { Commit, Run } from './run.ts';
import { judged, sendFetch } from './send-fetch.ts';

export async function startRootFetch(run: Run, fetch: RootFetch): Promise<Commit> {
  const { supergraph, tree, log, input } = run;
  const positions = positionsAt(supergraph, tree, fetch.path ?? []);
  if (positions.length === 0) return () => {};
  const answer = judged(await sendFetch(input, fetch, {}));
  return () => {
    const { data, errors } = answer;
    for (const error of errors) {
      const hasPath = error.path !== undefined && error.path.length > 0;
      const paths = hasPath ? [renamePath(fetch.outputRewrites, error.path)] : rootKeys(fetch);
      log.report(error, below(positions, paths));
    }
    if (data === null) return;
    renameKeys(supergraph, fetch.outputRewrites, data, undefined);
    for (const { object } of positions) mergeInto(supergraph, object, data);
  };
}

function below(positions: readonly Position[], paths: readonly ResponsePath[]): ResponsePath[] {
  return positions.flatMap(({ path: before }) => paths.map((path) => [...before, ...path]));
}

/** The fields of the response that the fetch was to bring. */
function rootKeys({ operation, outputRewrites }: RootFetch): ResponsePath[] {
  const { definitions } = parse(operation, { noLocation: true });
  const fragments = new Map<string, SelectionSetNode>();
  const keys = new Set<string>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition.selectionSet);
    }
  }
  for (const definition of definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION)
      addKeys(definition.selectionSet, fragments, outputRewrites, keys);
  }
  return [...keys].map((key) => [key]);
}

function addKeys(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  renames: readonly KeyRename[],
  keys: Set<string>,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const [key] = renamePath(renames, [selection.alias?.value ?? selection.name.value]);
      if (typeof key === 'string' && selection.name.value !== '__typename') keys.add(key);
      continue;
    }
    const inner =
      selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection.selectionSet;
    if (inner !== undefined) addKeys(inner, fragments, renames, keys);
  }
}
