// One case run in one way, with everything that the subgraphs were asked. Where the engine would answer a plan that
// cannot be made with an error, this does, too.
import { Kind, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { hashOf } from '../fuzz/random.ts';
import { compileExecutable } from '../compile/compile-executable.ts';
import type { Executable, ExecutionResult } from '../execution.ts';
import { coerceVariables } from '../operation/coerce-variables.ts';
import { conditionVariables } from '../operation/condition-variables.ts';
import { defaultDocumentLimits } from '../operation/limit-document.ts';
import { normalise } from '../operation/normalise.ts';
import { plannedKeys } from '../operation/planned-keys.ts';
import { DocumentRefused, parseDocument } from '../operation/parse-document.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { PlanningFailed } from '../planner/planner.ts';
import { createReferenceExecutor } from '../reference/reference-executor.ts';
import type { SubgraphFetcher } from '../subgraph-fetch.ts';
import type { CorpusCase, WrongAnswer } from './corpus-case.ts';
import { endlessContext } from './engine-runs.ts';
import type { PlannerName } from './known-limits.ts';
import type { OpenFolder } from './open-folder.ts';

export type Way =
  | { readonly planner: PlannerName; readonly executor: 'compiled' | 'reference' }
  /** The engine as a whole. */
  | 'engine';

export interface SubgraphCall {
  readonly subgraph: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface Ran {
  readonly answer: ExecutionResult;
  /** Nothing of it has run. */
  readonly isRefused?: boolean;
  readonly calls: readonly SubgraphCall[];
}

const noOverride = { labels: [], percentage: 0 };

/** Milliseconds, as in engine-runs.ts. */
const planTimeoutMs = 15_000;

/** Throws CannotCompile when the compiler leaves the plan to the reference executor. */
export async function runCase(opened: OpenFolder, written: CorpusCase, way: Way): Promise<Ran> {
  const calls: SubgraphCall[] = [];
  const fetcher = fetcherFor(opened, written, calls);
  const { query, variables = {}, override = noOverride } = written;
  if (way === 'engine') {
    const answer = await opened.engines.run({ query, variables, override, fetcher });
    if (answer.kind === 'refused') return refusal(answer.errors, calls);
    if (answer.kind !== 'executed') throw new Error(`the engine answers ${JSON.stringify(answer)}`);
    return { answer: readAnswer(answer.text), calls };
  }
  let execute;
  try {
    execute = await prepare(opened, written, way);
  } catch (fault) {
    if (fault instanceof DocumentRefused) return refusal(fault.errors, calls);
    if (!(fault instanceof PlanningFailed)) throw fault;
    const { message } = fault;
    return { answer: { data: null, errors: [{ message, extensions: { code: 'PLANNING_FAILED' } }] }, calls };
  }
  const { data, errors } = await execute(fetcher);
  return { answer: readAnswer(JSON.stringify({ data, errors })), calls };
}

function refusal(errors: DocumentRefused['errors'], calls: readonly SubgraphCall[]): Ran {
  return { answer: { data: null, errors }, isRefused: true, calls };
}

async function prepare(
  { planners, supergraph }: OpenFolder,
  { query, variables: given = {}, override = noOverride }: CorpusCase,
  { planner, executor }: Exclude<Way, 'engine'>,
): Promise<(fetcher: SubgraphFetcher) => Promise<ExecutionResult>> {
  const first = planners[planner];
  const { apiSchema } = first;
  const { document, operation } = readOperation(first.apiSchema, query);
  const variables = coerceVariables(apiSchema, operation, given);
  const names = conditionVariables(document, operation);
  const conditions = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const normalised = normalise({ schema: apiSchema, document, operation, conditions, keepDefer: false });
  const keys = plannedKeys(supergraph);
  const plan = await planOperation(normalised, normalised.document, {
    planners: { first },
    supergraph,
    apiSchema,
    keys,
    overrideLabels: new Set(override.labels),
    overridePercentage: override.percentage,
    timeoutMs: planTimeoutMs,
  });
  const executable: Executable = { supergraph, apiSchema, operation: normalised, plan, keys };
  const execute =
    executor === 'compiled' ? compileExecutable(executable) : createReferenceExecutor(executable);
  const named = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [normalised.renamedVariables?.get(name) ?? name, value]),
  );
  return (fetcher) => execute({ variables: named, context: endlessContext(), fetcher });
}

/** Throws DocumentRefused. */
export function readOperation(schema: GraphQLSchema, query: string) {
  const document = parseDocument(query, { schema, limits: defaultDocumentLimits, rules: [] });
  const operation = document.definitions.find(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) throw new Error('a case has one operation');
  return { document, operation };
}

function readAnswer(text: string): ExecutionResult {
  const { data, errors = [] } = JSON.parse(text) as Partial<ExecutionResult>;
  return { data: data ?? null, errors };
}

/** Turns of the microtasks by which answers come out of order. */
const mostTurns = 5;

function fetcherFor(
  opened: OpenFolder,
  { override = noOverride, wrongAnswer }: CorpusCase,
  calls: SubgraphCall[],
): SubgraphFetcher {
  const clock = { mutations: 0 };
  const subgraphs = opened.subgraphs(override);
  return {
    async fetch({ subgraph, body }) {
      const { query, variables = {} } = JSON.parse(body) as Omit<SubgraphCall, 'subgraph'>;
      calls.push({ subgraph, query, variables });
      const serve = subgraphs.get(subgraph);
      if (serve === undefined) throw new Error(`no subgraph ${subgraph}`);
      const answer = serve({ query, variables, clock, fault: undefined });
      for (let turns = hashOf(body) % mostTurns; turns > 0; turns -= 1) await undefined;
      if (wrongAnswer?.subgraph === subgraph) spoil(answer.data, wrongAnswer);
      return answer;
    },
  };
}

function spoil(data: unknown, { path, value }: WrongAnswer): void {
  let place = data;
  for (const key of path.slice(0, -1)) place = isObject(place) ? place[key] : undefined;
  const last = path.at(-1);
  if (isObject(place) && last !== undefined && Object.hasOwn(place, last)) place[last] = value;
}

function isObject(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
