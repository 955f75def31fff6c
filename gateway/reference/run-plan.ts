// Runs a plan's nodes over the merged tree. What a fetch brings is merged in the plan's order, not in the order in
// which answers happen to come, so that equal answers give equal responses.
import type { DeferNode, EntityFetch, PlanNode, RootFetch } from '../planner/plan.ts';
import { startEntityFetch } from './entity-fetch.ts';
import { startRootFetch } from './root-fetch.ts';
import type { Commit, Run } from './run.ts';

export async function runNode(run: Run, node: PlanNode): Promise<void> {
  const commit = await startNode(run, node);
  commit();
}

async function startNode(run: Run, node: PlanNode): Promise<Commit> {
  switch (node.kind) {
    case 'root':
      return ending(run, node, await startRootFetch(run, node));
    case 'entities':
      return ending(run, node, await startEntityFetch(run, node));
    case 'sequence':
      for (const child of node.nodes) await runNode(run, child);
      return nothing;
    case 'parallel': {
      const commits = await Promise.all(node.nodes.map((child) => startNode(run, child)));
      return () => {
        for (const commit of commits) commit();
      };
    }
    case 'defer':
      await runDefer(run, node);
      return nothing;
    default:
      return node satisfies never;
  }
}

async function runDefer(run: Run, node: DeferNode): Promise<void> {
  run.defer?.(node);
  if (node.primary.node !== undefined) await runNode(run, node.primary.node);
  if (run.defer !== undefined) return;
  for (const { node: part } of node.deferred) if (part !== undefined) await runNode(run, part);
}

function ending(run: Run, { id }: RootFetch | EntityFetch, commit: Commit): Commit {
  return () => {
    commit();
    if (id !== undefined) run.fetchEnded?.(id);
  };
}

function nothing(): void {
  // What there was has been merged on the way.
}
