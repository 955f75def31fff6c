// From a normalised operation to its plan: which planner, how long it may take, what a plan has to hold to be used.
import { Kind, type DocumentNode, type GraphQLSchema, type OperationTypeNode } from 'graphql';
import { buildPlaces } from '../compile/build-places.ts';
import { CannotCompile } from '../compile/cannot-compile.ts';
import type { NormalisedOperation } from '../execution.ts';
import { withTypenames } from '../operation/ask-typenames.ts';
import { plannableTexts } from '../operation/plannable.ts';
import { withPlannedKeys, type PlannedKeys } from '../operation/planned-keys.ts';
import { eachSelection } from '../operation/walk-selections.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { findMisread } from './check-calls.ts';
import { findUnprovided } from './check-provided.ts';
import { findUnfulfilled } from './check-required.ts';
import { findUnsendable } from './check-operations.ts';
import { findUnlikeShapes } from './check-shapes.ts';
import { dropKnownFields } from './drop-known-fields.ts';
import { mergeSiblings } from './merge-siblings.ts';
import { splitChains } from './split-chains.ts';
import { fetchesOf } from './fetch-operation.ts';
import type { EntityFetch, Plan, PlanNode, RootFetch } from './plan.ts';
import { PlanningFailed, type PlannableOperation, type Planner } from './planner.ts';

export interface Planners {
  readonly first: Planner;
  /** Where the first one fails or makes a mistake, and for @defer; it may be found missing only when it is loaded. */
  readonly second?: () => Promise<Planner | undefined>;
}

export interface PlanOptions {
  readonly planners: Planners;
  readonly supergraph: Supergraph;
  readonly apiSchema: GraphQLSchema;
  /** How response keys are planned; the executor must know the same. */
  readonly keys: PlannedKeys;
  readonly overrideLabels: ReadonlySet<string>;
  readonly overridePercentage: number;
  /** For all of the operation. */
  readonly timeoutMs: number;
}

/** Throws PlanningFailed. */
export async function planOperation(
  operation: NormalisedOperation,
  /** What of it is to be planned; undefined: nothing. */
  plannable: DocumentNode | undefined,
  options: PlanOptions,
): Promise<Plan> {
  if (plannable === undefined) return { root: undefined };
  const { timeoutMs } = options;
  const time: PlanningTime = {
    signal: AbortSignal.timeout(timeoutMs),
    endsAt: performance.now() + timeoutMs,
  };
  const typed = withTypenames(options.apiSchema, options.supergraph, plannable);
  const asked = withPlannedKeys(typed, options.keys);
  const base = {
    kind: operation.kind,
    isDeferred: isDeferred(plannable),
    overrideLabels: options.overrideLabels,
    overridePercentage: options.overridePercentage,
  };
  const first = options.planners.first.name;
  let plannedBy = first;
  const roots: PlanNode[] = [];
  for (const text of plannableTexts(asked)) {
    const { root, plannedBy: planner = first } = await planText({ ...base, text }, options, time);
    if (root !== undefined) roots.push(root);
    if (planner !== first) plannedBy = planner;
  }
  const [only] = roots;
  return { root: roots.length > 1 ? { kind: 'sequence', nodes: roots } : only, plannedBy };
}

/** For all of an operation. */
interface PlanningTime {
  readonly signal: AbortSignal;
  /** On the clock of performance.now(). */
  readonly endsAt: number;
}

interface Attempt {
  readonly load: () => Promise<Planner | undefined>;
  readonly signalOf: () => AbortSignal;
}

/** Of the time that is left the first planner gets half, so that its running out of time leaves some for the second. */
function attemptsAt(
  { isDeferred: defers }: PlannableOperation,
  { first, second }: Planners,
  { signal, endsAt }: PlanningTime,
): Attempt[] {
  const whole = () => signal;
  const half = () => AbortSignal.timeout(Math.max(1, Math.ceil((endsAt - performance.now()) / 2)));
  const attempts: Attempt[] = [];
  if (!defers || first.name !== 'native') {
    attempts.push({ load: async () => first, signalOf: second === undefined ? whole : half });
  }
  if (second !== undefined) attempts.push({ load: second, signalOf: whole });
  return attempts;
}

/** By the first planner, or by the second where the first one fails or makes a plan that no subgraph can answer. */
async function planText(
  operation: PlannableOperation,
  { planners, supergraph, apiSchema }: PlanOptions,
  time: PlanningTime,
): Promise<Plan> {
  const rootType = apiSchema.getRootType(operation.kind as OperationTypeNode)?.name ?? '';
  const reasons: PlanningFailed[] = [];
  for (const { load, signalOf } of attemptsAt(operation, planners, time)) {
    const planner = await load();
    if (planner === undefined) break;
    if (time.signal.aborted) throw new PlanningFailed('Planning took too long.');
    try {
      const signal = signalOf();
      const plan = dropKnownFields(await planner.plan(operation, signal), supergraph);
      const mistake =
        findUnsendable(plan, supergraph) ??
        findUnlikeShapes(plan, supergraph, rootType) ??
        findRepeatedMutation(plan) ??
        findUnprovided(plan, supergraph, rootType) ??
        findUnfulfilled(plan, supergraph, rootType) ??
        findMisread(plan, operation.text, supergraph, rootType) ??
        findMistake(plan, { supergraph, rootType, isNative: planner.name === 'native' });
      if (mistake === undefined)
        return { ...splitChains(mergeSiblings(plan), supergraph, rootType), plannedBy: planner.name };
      reasons.push(new PlanningFailed(`${planner.name}: ${mistake}`));
    } catch (fault) {
      if (!(fault instanceof PlanningFailed)) throw fault;
      reasons.push(fault);
    }
  }
  const reason = reasons.map(({ message }) => message).join('; ');
  throw new PlanningFailed(reason === '' ? 'No planner here plans this operation.' : reason);
}

/** A mutation that two subgraphs share must still happen once; each is planned alone, so a second fetch repeats it. */
function findRepeatedMutation({ root }: Plan): string | undefined {
  const mutations = root === undefined ? [] : fetchesOf(root).filter(isMutation);
  return mutations.length > 1 ? 'one field of the mutation would be run by several subgraphs' : undefined;
}

function isMutation(fetch: RootFetch | EntityFetch): boolean {
  return fetch.kind === 'root' && fetch.operationKind === 'mutation';
}

function findMistake(
  plan: Plan,
  { supergraph, rootType, isNative }: { supergraph: Supergraph; rootType: string; isNative: boolean },
): string | undefined {
  try {
    const { mixedUp, contextual } = buildPlaces(supergraph, rootType, plan);
    // It leaves the argument out without a word.
    return mixedUp ?? (isNative ? contextual : undefined);
  } catch (fault) {
    if (!(fault instanceof CannotCompile)) throw fault;
    // It is the reference executor's; but whether an argument is left out has not been looked at.
    return isNative && supergraph.contextFields.size > 0
      ? 'an argument may be missing that comes from a context'
      : undefined;
  }
}

/** Whether a fragment of it is delivered later; other directives are gone from a normalised document. */
export function isDeferred(document: DocumentNode): boolean {
  let found = false;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    eachSelection(definition.selectionSet, ({ directives = [] }) => (found ||= directives.length > 0));
  }
  return found;
}
