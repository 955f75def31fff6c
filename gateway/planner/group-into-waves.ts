// A plan as waves: everything that can start at the same time does, and nothing of the next wave before. Siblings that
// Apollo's planner leaves in separate branches meet in one wave, where merge-siblings.ts makes one request of them. The
// price is that a wave is as slow as its slowest fetch, so it is taken only where it saves requests.
import type { EntityFetch, PlanNode, RootFetch } from './plan.ts';

type Wave = (RootFetch | EntityFetch)[];

/** Undefined for plans with deferred parts, which are in waves of their own. */
export function groupIntoWaves(root: PlanNode): PlanNode | undefined {
  const waves: Wave[] = [];
  if (place(root, 0, waves) === undefined) return undefined;
  return {
    kind: 'sequence',
    nodes: waves.map((nodes) =>
      nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : { kind: 'parallel', nodes },
    ),
  };
}

/** Returns the wave after the node's last; undefined when it cannot be placed. */
function place(node: PlanNode, start: number, waves: Wave[]): number | undefined {
  switch (node.kind) {
    case 'root':
    case 'entities':
      (waves[start] ??= []).push(node);
      return start + 1;
    case 'sequence': {
      let next: number | undefined = start;
      for (const child of node.nodes) next = next === undefined ? undefined : place(child, next, waves);
      return next;
    }
    case 'parallel': {
      const ends = node.nodes.map((child) => place(child, start, waves));
      return ends.includes(undefined) ? undefined : Math.max(start, ...ends.map((end) => end ?? start));
    }
    case 'defer':
      return undefined;
    default:
      return node satisfies never;
  }
}
