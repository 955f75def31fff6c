// The reference executor, slow and obvious: run the plan, merge all answers into one tree, let graphql-js complete the
// client's selection over it. It serves what cannot be compiled and is what the compiled executor is tested against.
import type { Executable, Execute } from '../execution.ts';
import { clientsOwnKeys } from '../operation/planned-keys.ts';
import { complete } from './complete.ts';
import { ErrorLog } from '../errors/error-log.ts';
import { newTree } from './merged-tree.ts';
import { runNode } from './run-plan.ts';

export function createReferenceExecutor(executable: Executable): Execute {
  const { supergraph, apiSchema: schema, plan, operation, denied = [] } = executable;
  const { keys = clientsOwnKeys } = executable;
  return async (input) => {
    const tree = newTree();
    const log = new ErrorLog(undefined, keys.clientKey);
    if (plan.root !== undefined) await runNode({ supergraph, input, tree, log }, plan.root);
    const { document } = operation;
    const { data, errors } = complete({
      schema,
      document,
      root: tree,
      variables: input.variables,
      at: [],
      denied,
      keys,
      log,
    });
    return { data, errors: [...log.errors, ...errors] };
  };
}
