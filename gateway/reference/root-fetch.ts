// A request whose answer belongs at the root of the response, or at objects that stand for the root again.
import { Kind, type SelectionSetNode } from 'graphql';
import { rootErrorPlaces } from '../errors/error-places.ts';
import { keyOf, operationOf, type Fragments } from '../planner/fetch-operation.ts';
import type { RootFetch } from '../planner/plan.ts';
import { mergeInto } from './merged-tree.ts';
import { positionsAt, type Position, type ResponsePath } from './positions.ts';
import { renameKeys } from './rewrites.ts';
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
      log.report(error, below(positions, rootErrorPlaces(error, rootKeys(fetch), fetch.outputRewrites)));
    }
    if (data === null) return;
    renameKeys(supergraph, fetch.outputRewrites, data, undefined);
    for (const { object } of positions) mergeInto(supergraph, object, data);
  };
}

function below(positions: readonly Position[], paths: readonly ResponsePath[]): ResponsePath[] {
  return positions.flatMap(({ path: before }) => paths.map((path) => [...before, ...path]));
}

/** The keys of the answer that the fetch was to bring. */
function rootKeys(fetch: RootFetch): string[] {
  const { operation, fragments } = operationOf(fetch);
  const keys = new Set<string>();
  addKeys(operation.selectionSet, fragments, keys);
  return [...keys];
}

function addKeys({ selections }: SelectionSetNode, fragments: Fragments, keys: Set<string>): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value !== '__typename') keys.add(keyOf(selection));
      continue;
    }
    const inner =
      selection.kind === Kind.FRAGMENT_SPREAD
        ? fragments.get(selection.name.value)?.selectionSet
        : selection.selectionSet;
    if (inner !== undefined) addKeys(inner, fragments, keys);
  }
}
