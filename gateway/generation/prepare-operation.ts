// From a document that fits the schema to an operation that only has to be run: normalised, authorised, planned,
// compiled. All of it is paid once for each document, choice of conditions, set of rights and share of a progressive
// @override.
import { print, type DocumentNode } from 'graphql';
import type { Decision } from '../authorization/authorization.ts';
import { withSignInErrors } from '../authorization/denied-field.ts';
import { CannotCompile } from '../compile/cannot-compile.ts';
import { compileExecutable } from '../compile/compile-executable.ts';
import type { EngineSettings } from '../engine-options.ts';
import type { Executable, Execute, NormalisedOperation } from '../execution.ts';
import type { Caller } from '../gateway-request.ts';
import type { Generation } from './generation.ts';
import type { KnownOperation } from '../operation/document-cache.ts';
import { normalise } from '../operation/normalise.ts';
import { clientsOwnKeys } from '../operation/planned-keys.ts';
import { DocumentRefused } from '../operation/parse-document.ts';
import type { PreparedOperation, Variant } from './prepared-operation.ts';
import { RecentMap } from '../operation/recent-map.ts';
import { forgetOperations } from '../planner/fetch-operation.ts';
import { isDeferred, planOperation } from '../planner/plan-operation.ts';
import { createDeferredExecutor } from '../reference/deferred-executor.ts';
import { createReferenceExecutor } from '../reference/reference-executor.ts';
import type { FetchContext } from '../subgraph-fetch.ts';

export interface PrepareRequest {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly acceptsIncremental: boolean;
  readonly caller: Caller;
  /** Of the client's request, for whoever watches; absent at warm-up. */
  readonly context?: FetchContext;
}

/** How long an operation that could not be prepared is refused without another attempt. */
const failureMemoryMs = 5_000;

type RightsAndContext = Pick<PrepareRequest, 'caller' | 'context'>;

/** Throws or rejects with DocumentRefused or PlanningFailed. Answers at once when the same was prepared last time. */
export function prepareOperation(
  generation: Generation,
  settings: EngineSettings,
  known: KnownOperation<PreparedOperation>,
  request: PrepareRequest,
): PreparedOperation | Promise<PreparedOperation> {
  const keepDefer = settings.defer && request.acceptsIncremental;
  const conditions = conditionsKey(known, request.variables, keepDefer);
  const variant =
    known.variants.get(conditions) ?? addVariant(generation, settings, known, request, conditions, keepDefer);
  return prepareVariant(generation, settings, variant, conditions, request);
}

/** One more query in the course of a request, of which the gateway itself is the author. */
export function prepareDocument(
  generation: Generation,
  settings: EngineSettings,
  document: DocumentNode,
  request: RightsAndContext,
): PreparedOperation | Promise<PreparedOperation> {
  let variant = generation.ownDocuments.get(document);
  if (variant === undefined) {
    variant = newVariant(generation, settings, { kind: 'query', document, text: print(document) });
    generation.ownDocuments.set(document, variant);
  }
  return prepareVariant(generation, settings, variant, '', request);
}

function prepareVariant(
  generation: Generation,
  settings: EngineSettings,
  variant: Variant,
  conditions: string,
  { caller, context }: RightsAndContext,
): PreparedOperation | Promise<PreparedOperation> {
  const percentage = overridePercentage(generation);
  const key = `${conditions}/${variant.authorization?.signatureOf(caller) ?? ''}/${percentage}`;
  if (variant.last?.key === key) {
    settings.watch?.reused?.();
    return variant.last.ready;
  }
  let prepared = variant.prepared.get(key);
  if (prepared !== undefined) settings.watch?.reused?.();
  else {
    prepared = prepare(generation, settings, variant, { key, percentage, caller, context });
    variant.prepared.set(key, prepared);
    // Remembered for a while: an operation that no planner plans would cost two attempts with each request.
    prepared.catch(() => setTimeout(() => variant.prepared.delete(key), failureMemoryMs).unref());
  }
  return prepared.then((ready) => {
    variant.last = { key, ready };
    return ready;
  });
}

function conditionsKey(
  { conditions }: KnownOperation<PreparedOperation>,
  variables: PrepareRequest['variables'],
  keepDefer: boolean,
): string {
  let key = keepDefer ? 'defer' : '';
  for (const name of conditions) {
    const value = variables[name];
    if (value === null) throw nullCondition(name);
    key += value === false ? '0' : '1';
  }
  return key;
}

/** A nullable variable with a default is valid as a condition; that it is null is known only with its value. */
function nullCondition(name: string): DocumentRefused {
  const message = `Variable "$${name}" is null, but decides @skip, @include or @defer, whose "if" must not be null.`;
  return new DocumentRefused([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
}

function addVariant(
  generation: Generation,
  settings: EngineSettings,
  { document, definition, variants }: KnownOperation<PreparedOperation>,
  { variables: conditions }: PrepareRequest,
  key: string,
  keepDefer: boolean,
): Variant {
  const { apiSchema: schema } = generation;
  const operation = normalise({ schema, document, operation: definition, conditions, keepDefer });
  const variant = newVariant(generation, settings, operation);
  variants.set(key, variant);
  return variant;
}

function newVariant(
  { authorization }: Generation,
  { cacheLimits }: EngineSettings,
  operation: NormalisedOperation,
): Variant {
  return {
    operation,
    authorization: authorization.isNeeded ? authorization.forOperation(operation) : undefined,
    prepared: new RecentMap({ mostEntries: cacheLimits.mostVariants }),
    last: undefined,
  };
}

/** One share for each request: the step below a random number, so that only as many plans are made as there are steps. */
function overridePercentage({ overrideSteps }: Generation): number {
  if (overrideSteps.length === 1) return 0;
  const share = Math.random() * 100;
  return overrideSteps.findLast((step) => step <= share) ?? 0;
}

interface Preparing {
  readonly key: string;
  readonly percentage: number;
  readonly caller: Caller;
  readonly context: FetchContext | undefined;
}

async function prepare(
  generation: Generation,
  settings: EngineSettings,
  { operation, authorization }: Variant,
  { key, percentage, caller, context }: Preparing,
): Promise<PreparedOperation> {
  const startedAt = performance.now();
  const { planners, supergraph, apiSchema } = generation;
  const decision = authorization?.decide(caller) ?? everything(operation);
  if (decision.refusal !== undefined) throw new DocumentRefused(decision.refusal, 403);
  // A deferred part is delivered by the keys of its path, which only the client knows.
  const deferred = isDeferred(operation.document);
  const keys = deferred ? clientsOwnKeys : generation.keys;
  try {
    const plan = await planOperation(operation, decision.plannable, {
      planners,
      supergraph,
      apiSchema,
      keys,
      overrideLabels: settings.overrideLabels,
      overridePercentage: percentage,
      timeoutMs: settings.planTimeoutMs,
    });
    const executable: Executable = { supergraph, apiSchema, operation, plan, denied: decision.denied, keys };
    const { execute: run, executor } = executorOf(executable, settings);
    const execute = decision.denied.length > 0 && !caller.isAuthenticated ? signInFirst(run) : run;
    const executeDeferred = deferred ? createDeferredExecutor(executable) : undefined;
    const durationMs = performance.now() - startedAt;
    const planner = plan.plannedBy ?? planners.first.name;
    settings.watch?.planned?.({ planner, durationMs, outcome: 'planned', executor, context });
    const fallbacks = generation.fallbacks.isNeeded
      ? generation.fallbacks.forOperation(operation)
      : undefined;
    forgetOperations(plan);
    return { key, operation, plan, execute, executeDeferred, fallbacks, denied: decision.denied };
  } catch (fault) {
    const durationMs = performance.now() - startedAt;
    settings.watch?.planned?.({
      planner: 'none',
      durationMs,
      outcome: 'failed',
      executor: settings.executor,
      context,
    });
    throw fault;
  }
}

function signInFirst(run: Execute): Execute {
  return async (input) => {
    const result = await run(input);
    return { ...result, errors: withSignInErrors(result.errors) };
  };
}

function everything({ document }: NormalisedOperation): Decision {
  return { plannable: document, denied: [], refusal: undefined };
}

function executorOf(
  executable: Executable,
  settings: EngineSettings,
): { execute: Execute; executor: 'compiled' | 'reference' } {
  if (settings.executor === 'compiled') {
    try {
      return { execute: compileExecutable(executable), executor: 'compiled' };
    } catch (fault) {
      if (!(fault instanceof CannotCompile)) throw fault;
    }
  }
  return { execute: createReferenceExecutor(executable), executor: 'reference' };
}
