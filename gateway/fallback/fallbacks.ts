// Fallbacks declared in the schema: what a field answers when its subgraph cannot. Nothing here runs for an operation
// that selects no such field, and nothing but `record` when everything went well.
import { Kind, type GraphQLSchema } from 'graphql';
import { hasDeniedWithin } from '../authorization/denied-field.ts';
import type { ExecutionResult, NormalisedOperation } from '../execution.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { applyFallbacks } from './apply-fallbacks.ts';
import type { DegradedResult, FallbackRun, RunAgain } from './degraded-result.ts';
import { readEntityKeys } from './entity-keys.ts';
import { explainNulls } from './explain-null.ts';
import { readFallbacks, type Fallback } from './fallback-directive.ts';
import { createLastKnown, type LastKnown } from './last-known.ts';
import { memoryKey } from './memory-key.ts';
import type { OperationPart } from './operation-part.ts';
import { placeOf, type Declared, type Place } from './shape.ts';
import { walkAnswer } from './walk-answer.ts';

export interface Fallbacks {
  /** False when the supergraph declares none. */
  readonly isNeeded: boolean;
  /** Paid once per operation; undefined when it selects no field with a fallback. */
  forOperation(operation: NormalisedOperation): OperationFallbacks | undefined;
}

export interface OperationFallbacks {
  /** Whether `record` would keep anything. */
  readonly records: boolean;
  /** Whether `apply` may run queries for other fields than the operation's own. */
  readonly asksProviders: boolean;
  /** Keeps what lastKnown fields answered: to be called with every answer, before `apply`. */
  record(result: ExecutionResult, run: FallbackRun): void;
  /**
   * Puts fallbacks in the place of nulls that a fault left, into `result.data` itself, and takes the errors out that
   * are explained by that.
   */
  apply(result: ExecutionResult, run: FallbackRun, runAgain: RunAgain): Promise<DegradedResult>;
}

export interface FallbackOptions {
  /** Shared by the generations of an engine, so that a reload during an outage forgets nothing. */
  readonly lastKnown?: LastKnown;
  /** On the clock of FetchContext.deadlineAt. */
  readonly now?: () => number;
}

/** Throws SupergraphInvalid when a declared fallback cannot work. */
export function createFallbacks(
  supergraph: Supergraph,
  apiSchema: GraphQLSchema,
  { now = () => performance.now(), lastKnown = createLastKnown(undefined, now) }: FallbackOptions = {},
): Fallbacks {
  const fallbacks = readFallbacks(supergraph, apiSchema);
  if (fallbacks.size === 0) return { isNeeded: false, forOperation: () => undefined };
  const declared: Declared = { schema: apiSchema, keys: readEntityKeys(supergraph), fallbacks };
  return {
    isNeeded: true,
    forOperation(operation) {
      const part = partOf(declared, operation, lastKnown, now);
      return part && operationFallbacks(part);
    },
  };
}

function partOf(
  declared: Declared,
  { document, kind }: NormalisedOperation,
  lastKnown: LastKnown,
  now: () => number,
): OperationPart | undefined {
  const { schema } = declared;
  const operation = document.definitions[0];
  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  if (operation?.kind !== Kind.OPERATION_DEFINITION || root == null) {
    throw new Error('not a normalised operation');
  }
  const place = placeOf(declared, root, operation.selectionSet);
  if (place === undefined) return undefined;
  // What a mutation answered is nobody's last known answer to a query, but entities in it are what they are.
  const rootOwner = kind === 'query' ? root.name : undefined;
  const placeWhere = (isWanted: (fallback: Fallback) => boolean): Place | undefined => {
    const fallbacks = new Map([...declared.fallbacks].filter(([, each]) => each.some(isWanted)));
    return placeOf({ ...declared, fallbacks }, root, operation.selectionSet);
  };
  return {
    declared,
    operation,
    place,
    recordedPlace: placeWhere(isLastKnown),
    asksProviders: placeWhere(({ mode }) => mode === 'provider') !== undefined,
    kind,
    rootOwner,
    lastKnown,
    now,
    providerDocuments: new Map(),
  };
}

function operationFallbacks(part: OperationPart): OperationFallbacks {
  const recorded = part.recordedPlace;
  return {
    records: recorded !== undefined,
    asksProviders: part.asksProviders,
    record(result, run) {
      if (recorded === undefined || result.data === null) return;
      record(part, recorded, result.data, result.errors, run);
    },
    apply: (result, run, runAgain) => applyFallbacks(part, result, run, runAgain),
  };
}

function record(
  { rootOwner: owner, lastKnown }: OperationPart,
  place: Place,
  data: Record<string, unknown>,
  errors: ExecutionResult['errors'],
  run: FallbackRun,
): void {
  const explainer = errors.length === 0 ? undefined : explainNulls(errors);
  walkAnswer({ place, data, variables: run.variables, owner, withWay: false }, (found) => {
    const fallback = found.field.fallbacks?.find(isLastKnown);
    if (fallback === undefined || explainer?.hasErrorAt(found.path) === true) return;
    if (hasDeniedWithin(run.denied, found.path)) return;
    const key = memoryKey(found, fallback, run);
    if (key !== undefined) lastKnown.put(key, found.object[found.field.responseKey]);
  });
}

function isLastKnown(fallback: Fallback): fallback is Extract<Fallback, { mode: 'lastKnown' }> {
  return fallback.mode === 'lastKnown';
}
