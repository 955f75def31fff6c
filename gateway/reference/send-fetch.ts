// One request of the plan to its subgraph: the body with the variables it uses, the deadline, what the answer may be.
import { performance } from 'node:perf_hooks';
import type { ExecutionInput } from '../execution.ts';
import type { EntityFetch, RootFetch } from '../planner/plan.ts';
import type { SubgraphAnswer } from '../subgraph-fetch.ts';
import { invalidValueCode } from './invalid-value.ts';
import { isObject } from './merged-tree.ts';

export function sendFetch(
  { variables, context, fetcher }: ExecutionInput,
  fetch: RootFetch | EntityFetch,
  representations: Readonly<Record<string, unknown>>,
): Promise<SubgraphAnswer> {
  if (performance.now() >= context.deadlineAt) return Promise.resolve(tooLate);
  const own = Object.fromEntries(
    fetch.variables
      .filter((name) => Object.hasOwn(variables, name) && variables[name] !== undefined)
      .map((name) => [name, variables[name]]),
  );
  return fetcher.fetch({
    subgraph: fetch.subgraph,
    operationKind: fetch.kind === 'root' ? fetch.operationKind : 'query',
    body: JSON.stringify({ query: fetch.operation, variables: { ...own, ...representations } }),
    context,
  });
}

const tooLate: SubgraphAnswer = {
  data: null,
  errors: [
    {
      message: 'The deadline passed before this could be asked for.',
      extensions: { code: 'DEADLINE_EXCEEDED' },
    },
  ],
};

/** An answer of another kind than GraphQL has counts as a fault of the subgraph. */
export function judged(answer: SubgraphAnswer): SubgraphAnswer {
  const { data, errors } = answer;
  if (data === null) return errors.length > 0 ? answer : { data, errors: [invalidAnswer] };
  return isObject(data) ? answer : { data: null, errors: [...errors, invalidAnswer] };
}

export const invalidAnswer = {
  message: 'A subgraph sent an answer that does not fit the question.',
  extensions: { code: invalidValueCode },
};
