// One request to a compiled operation, while it runs.
import type {
  CompiledEntityFetch,
  CompiledOperation,
  CompiledRootFetch,
} from '../compile/compiled-operation.ts';
import type { ExecutionInput } from '../execution.ts';
import type { SubgraphError } from '../subgraph-fetch.ts';
import type { EntityRecord, LinkedObject } from './linked-object.ts';

/** What one request knows while it runs. */
export interface Run {
  readonly compiled: CompiledOperation;
  readonly input: ExecutionInput;
  readonly root: LinkedObject;
  /** By lookup: its distinct entities, in the order in which they are asked for. */
  readonly records: EntityRecord[][];
  /** By link: the records that it led to, each once. */
  readonly linked: EntityRecord[][];
  /** Undefined while no fetch has reported any. */
  errors: FetchErrors[] | undefined;
}

export interface FetchErrors {
  readonly fetch: CompiledRootFetch | CompiledEntityFetch;
  readonly errors: readonly SubgraphError[];
  /** By lookup: what was asked for. */
  readonly records: readonly (readonly EntityRecord[])[];
}
