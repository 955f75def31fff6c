// Where in the merged tree a path of the plan leads: every object there is, each with its place in the response.
import type { PathSegment } from '../planner/plan.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { isObject, readOwn, typenameOf, type Tree } from './merged-tree.ts';
import { meetsOneOf } from './type-condition.ts';

export type ResponsePath = readonly (string | number)[];

export interface Position {
  readonly object: Tree;
  readonly path: ResponsePath;
}

export function positionsAt(supergraph: Supergraph, tree: Tree, path: readonly PathSegment[]): Position[] {
  const found: Position[] = [];
  follow(supergraph, tree, path, [], found);
  return found;
}

/** As positionsAt, for paths that leave lists unsaid, as those of deferred parts do. */
export function positionsThroughLists(
  supergraph: Supergraph,
  tree: Tree,
  path: readonly PathSegment[],
): Position[] {
  const found: Position[] = [];
  follow(supergraph, tree, path, [], found, true);
  return found;
}

function follow(
  supergraph: Supergraph,
  value: unknown,
  path: readonly PathSegment[],
  at: ResponsePath,
  found: Position[],
  throughLists = false,
): void {
  const [segment, ...rest] = path;
  if (Array.isArray(value) && (throughLists || segment?.kind === 'items')) {
    // A list of lists has one segment for each level from one planner, and one for all of them from the other.
    const left = path.slice(
      Math.max(
        0,
        path.findIndex(({ kind }) => kind !== 'items'),
      ),
    );
    const below = path.every(({ kind }) => kind === 'items') ? [] : left;
    for (const [index, item] of value.entries()) {
      follow(supergraph, item, Array.isArray(item) ? path : below, [...at, index], found, throughLists);
    }
  } else if (isObject(value)) {
    if (segment === undefined) {
      found.push({ object: value, path: at });
    } else if (segment.kind === 'field') {
      follow(supergraph, readOwn(value, segment.name), rest, [...at, segment.name], found, throughLists);
    } else if (segment.kind === 'types') {
      const typeName = typenameOf(value);
      if (typeName !== undefined && meetsOneOf(supergraph, typeName, segment.names)) {
        follow(supergraph, value, rest, at, found, throughLists);
      }
    }
  }
}
