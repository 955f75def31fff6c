// `--explain`: the plan of one query as text, without a server.
import { allRights } from '../authorization/all-rights.ts';
import { settleEngineOptions } from '../engine-options.ts';
import { createGeneration } from '../generation/generation.ts';
import { defaultConditions } from '../operation/condition-variables.ts';
import { explainPlan } from '../planner/explain.ts';
import { prepareOperation } from '../generation/prepare-operation.ts';

/** Throws SupergraphInvalid, DocumentRefused or PlanningFailed. */
export async function explainQuery(
  supergraph: string,
  query: string,
  planner: 'auto' | 'native' | 'apollo' = 'auto',
): Promise<string> {
  const fetcher = { fetch: async () => ({ data: null, errors: [] }) };
  const settings = settleEngineOptions({
    supergraph,
    fetcher,
    planner,
    // Whoever has the file may see the schema, and be told what a misspelt name could mean.
    introspection: true,
  });
  const generation = await createGeneration(supergraph, settings);
  try {
    const { documents } = generation;
    const known = documents.operation(documents.find(query), undefined);
    const request = {
      variables: defaultConditions(known.definition),
      acceptsIncremental: true,
      caller: allRights,
    };
    const { plan } = await prepareOperation(generation, settings, known, request);
    return explainPlan(plan);
  } finally {
    generation.retire();
  }
}
