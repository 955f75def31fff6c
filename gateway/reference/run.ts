// What one execution of a plan knows while it runs.
import type { ExecutionInput } from '../execution.ts';
import type { DeferNode } from '../planner/plan.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { ErrorLog } from '../errors/error-log.ts';
import type { Tree } from './merged-tree.ts';

export interface Run {
  readonly supergraph: Supergraph;
  readonly input: ExecutionInput;
  readonly tree: Tree;
  readonly log: ErrorLog;
  /** Takes the deferred parts over; they are run like the rest when it is absent. */
  readonly defer?: (node: DeferNode) => void;
  readonly fetchEnded?: (id: string) => void;
}

/** Merges what has come. */
export type Commit = () => void;
