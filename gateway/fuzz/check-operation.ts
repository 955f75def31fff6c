// One operation put to everybody: the monolith, and each planner's plan run by both executors. What it finds is a list of
// findings, empty when all is well.
import type { ExecutionResult } from '../execution.ts';
import { DocumentRefused } from '../operation/parse-document.ts';
import { PlanningFailed, SupergraphInvalid } from '../planner/planner.ts';
import { errorPaths, findDifference, findLie, type Answer } from './compare.ts';
import { askedWrongly } from './serve-subgraph.ts';
import { executorOf, prepare, type Prepared } from './engines.ts';
import { isAllowed } from './fetch-fault.ts';
import type { Operation } from './invent-operation.ts';
import type { Faults, OpenCase } from './open-case.ts';
import type { PlannerName } from './planning.ts';

export interface Finding {
  /**
   * What it is, for counting. `native plan data`: both executors answer alike and not as the monolith does;
   * `native compiled data`: this executor alone does; `native compiled reference data`: they differ.
   */
  readonly kind: string;
  /** Whether the run has failed by it. A planner that cannot plan has not. */
  readonly isDifference: boolean;
  readonly planner: PlannerName;
  readonly detail: string;
  readonly expected?: Answer;
  readonly actual?: Answer;
}

export interface CheckOptions {
  readonly planners: readonly PlannerName[];
  readonly faults: Faults;
  /** Fields differ in nullability between subgraphs: one may give up more than the monolith does. */
  readonly isUneven: boolean;
  /** Some field is computed from others: from nulls, where these are lost. */
  readonly hasRequires: boolean;
}

/** Milliseconds on no clock that matters: faults are injected, not waited for. */
const context = {
  headers: [],
  tracingHeaders: [],
  deadlineAt: Number.POSITIVE_INFINITY,
  signal: undefined,
};

export async function checkOperation(
  opened: OpenCase,
  operation: Operation,
  options: CheckOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const check = async (planner: PlannerName) => {
    try {
      findings.push(...(await checkPlanner(opened, operation, planner, options)));
    } catch (error) {
      findings.push(failed(planner, error));
    }
  };
  for (const planner of options.planners) await check(planner);
  // As in the engine: Apollo's planner stands in.
  const standsIn = findings.some(isUnplanned) && !options.planners.includes('apollo');
  if (standsIn) await check('apollo');
  const wrongPlans = findings.filter(({ kind }) => kind.includes(' plan '));
  if (options.planners.length < 2 || wrongPlans.length < options.planners.length) return findings;
  // Both planners are wrong in one way: more likely the fuzzer is, or what the planners share.
  return findings.map((finding) =>
    wrongPlans.includes(finding)
      ? { ...finding, kind: finding.kind.replace(/^\w+ plan/, 'every plan') }
      : finding,
  );
}

/** Whether it says that there is no plan to be compared. */
export function isUnplanned({ kind }: Finding): boolean {
  return kind.endsWith('cannot plan') || kind.endsWith('cannot load the supergraph');
}

function failed(planner: PlannerName, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PlanningFailed) {
    return { kind: `${planner} cannot plan`, isDifference: false, planner, detail: message };
  }
  if (error instanceof SupergraphInvalid) {
    return { kind: `${planner} cannot load the supergraph`, isDifference: false, planner, detail: message };
  }
  // The document is valid and the variables fit: a refusal is as wrong as a crash.
  const refused = error instanceof DocumentRefused ? JSON.stringify(error.errors) : '';
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return { kind: `${planner} throws`, isDifference: true, planner, detail: `${refused}${stack}` };
}

async function checkPlanner(
  opened: OpenCase,
  operation: Operation,
  planner: PlannerName,
  options: CheckOptions,
): Promise<Finding[]> {
  const prepared = await prepare(opened.engines, operation, planner);
  const expected = opened.monolith({
    document: operation.document,
    variables: operation.variables,
    fault: options.faults.field,
  });
  const reference = await run(opened, prepared, 'reference', options);
  if (reference === undefined) throw new Error('the reference executor takes every plan');
  const compiled = await run(opened, prepared, 'compiled', options);
  const findings: Finding[] = [];
  if (compiled === undefined) {
    findings.push({ kind: `${planner} cannot compile`, isDifference: false, planner, detail: '' });
  }
  const isHonest = (answer: Answer) => compareWithMonolith(expected, answer, options) === undefined;
  const between =
    compiled === undefined
      ? []
      : compareExecutors(planner, reference, compiled).map((finding) =>
          options.faults.fetch !== undefined && isHonest(reference) && isHonest(compiled)
            ? withChoice(finding, reference, compiled)
            : finding,
        );
  findings.push(...between);
  const isSame = !between.some(({ isDifference }) => isDifference);
  const answers = isSame
    ? [['plan', reference] as const]
    : [['reference', reference] as const, ['compiled', compiled ?? reference] as const];
  for (const [who, actual] of answers) {
    const wrong = compareWithMonolith(expected, actual, options);
    if (wrong === undefined) continue;
    // The subgraphs say that the plan is to blame; what executors make of it does not matter.
    const wrongly = actual.errors.find(({ message }) => askedWrongly.test(message));
    const kind = wrongly === undefined ? `${planner} ${who} ${wrong.kind}` : `${planner} asks wrongly`;
    const detail = wrongly?.message ?? wrong.detail;
    findings.push({ kind, isDifference: wrongly === undefined, planner, detail, expected, actual });
  }
  return findings;
}

function compareExecutors(planner: PlannerName, reference: Answer, compiled: Answer): Finding[] {
  const difference = findDifference(reference, compiled);
  const found = { planner, expected: reference, actual: compiled, detail: '' };
  if (difference !== undefined) {
    return [{ ...found, kind: `${planner} compiled reference ${difference}`, isDifference: true }];
  }
  return errorPaths(reference) === errorPaths(compiled)
    ? []
    : [{ ...found, kind: `${planner} compiled reference paths`, isDifference: false }];
}

/**
 * Where fetches that wait for each other's fields are under way beside others, a fault decides what is there in time, and
 * of two values for one field which one is read: both answers may be honest. The compiled one must not know less.
 */
function withChoice(finding: Finding, reference: Answer, compiled: Answer): Finding {
  const nullsOf = ({ data }: Answer) => JSON.stringify(data).split('null').length;
  if (!finding.isDifference || nullsOf(compiled) > nullsOf(reference)) return finding;
  return { ...finding, kind: `${finding.kind}, both honest`, isDifference: false };
}

function compareWithMonolith(
  expected: Answer,
  actual: Answer,
  { faults, isUneven, hasRequires }: CheckOptions,
): { kind: string; detail: string } | undefined {
  if (faults.fetch !== undefined || (faults.field !== undefined && isUneven)) {
    const kind = faults.fetch?.kind;
    const found = findLie(expected, actual, (lie) => kind !== undefined && isAllowed(lie, kind, hasRequires));
    return found === undefined
      ? undefined
      : { kind: `${found.lie} ${kind ?? 'uneven'}`, detail: JSON.stringify(found.path) };
  }
  const difference = findDifference(expected, actual);
  const where = faults.field === undefined ? '' : ' with a failing field';
  return difference === undefined ? undefined : { kind: `${difference}${where}`, detail: '' };
}

async function run(
  opened: OpenCase,
  { executable, variables }: Prepared,
  name: 'compiled' | 'reference',
  { faults }: CheckOptions,
): Promise<ExecutionResult | undefined> {
  const execute = executorOf(executable, name);
  if (execute === undefined) return undefined;
  const { data, errors } = await execute({ variables, context, fetcher: opened.fetcher(faults) });
  // Through JSON, as a client gets it: an undefined key is none.
  return JSON.parse(JSON.stringify({ data, errors })) as ExecutionResult;
}
