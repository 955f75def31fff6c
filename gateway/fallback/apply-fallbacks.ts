// Run time, after a failure: finds the nulls that a fault left, gives each the first of its fallbacks that answers, and
// takes out the errors that nobody needs any more.
import type { GraphQLFormattedError } from 'graphql';
import { hasDeniedWithin } from '../authorization/denied-field.ts';
import type { ExecutionResult } from '../execution.ts';
import { askProviders, type ProviderAnswer } from './ask-provider.ts';
import { projectDefault } from './default-value.ts';
import type { Degraded, DegradedResult, FallbackRun, RunAgain } from './degraded-result.ts';
import { errorsLeft } from './errors-left.ts';
import { explainNulls } from './explain-null.ts';
import { memoryKey } from './memory-key.ts';
import type { FailedField, OperationPart } from './operation-part.ts';
import { walkAnswer, type ResponseObject } from './walk-answer.ts';

/** Each is an execution of its own within one deadline. A third provider would be a way to say that nothing works. */
const mostProviderRounds = 2;

/** In less than this no provider across a network answers. */
const leastProviderTimeMs = 5;

/** As many errors as the executors list; more fields are given their fallback, but not listed. */
const mostListed = 1_000;

export async function applyFallbacks(
  part: OperationPart,
  result: ExecutionResult,
  run: FallbackRun,
  runAgain: RunAgain,
): Promise<DegradedResult> {
  const { data, errors } = result;
  if (data === null || errors.length === 0) return { ...result, degraded: [] };
  const failed = failedFields(part, data, errors, run);
  if (failed.length === 0) return { ...result, degraded: [] };
  let open = failed;
  for (let round = 0; open.length > 0; round += 1) {
    open = open.filter((field) => waitsForProvider(part, field, run));
    if (open.length === 0) break;
    const hasTime = run.context.deadlineAt - part.now() >= leastProviderTimeMs;
    // A mutation is never run twice.
    const mayAsk = round < mostProviderRounds && hasTime && part.kind === 'query';
    const answers = mayAsk
      ? await askProviders(part, open, run, runAgain)
      : new Map<FailedField, ProviderAnswer>();
    for (const field of open) useProvider(field, answers.get(field));
    open = open.filter(({ degraded }) => degraded === undefined);
  }
  const degraded = failed.flatMap((field) => field.degraded ?? []);
  return { data, errors: errorsLeft(data, errors, degraded), degraded: degraded.slice(0, mostListed) };
}

function failedFields(
  part: OperationPart,
  data: ResponseObject,
  errors: readonly GraphQLFormattedError[],
  { variables }: FallbackRun,
): FailedField[] {
  const explainer = explainNulls(errors);
  const failed: FailedField[] = [];
  if (!explainer.hasFaults) return failed;
  walkAnswer(
    { place: part.place, data, variables, owner: part.rootOwner, withWay: true },
    ({ object, field, path, owner, way }) => {
      if (object[field.responseKey] !== null) return;
      const reason = explainer.faultAt(path);
      if (reason === undefined) return;
      failed.push({ object, field, path: [...path], owner, way, reason, next: 0, degraded: undefined });
    },
  );
  return failed;
}

/** Tries what needs no waiting; true when a provider is next. */
function waitsForProvider(part: OperationPart, failed: FailedField, run: FallbackRun): boolean {
  const fallbacks = failed.field.fallbacks ?? [];
  const isWhole = !hasDeniedWithin(run.denied, failed.path);
  for (; failed.next < fallbacks.length; failed.next += 1) {
    const fallback = fallbacks[failed.next];
    if (fallback === undefined) return false;
    if (fallback.mode !== 'omit' && !isWhole) continue;
    if (fallback.mode === 'provider') return true;
    if (fallback.mode === 'omit') {
      settle(failed, null, { used: 'omitted' });
    } else if (fallback.mode === 'default') {
      const { definition, nodes } = failed.field;
      const value = projectDefault(part.declared.schema, definition.type, fallback.value, nodes);
      settle(failed, value, { used: 'default' });
    } else {
      const key = memoryKey(failed, fallback, run);
      const known = key === undefined ? undefined : part.lastKnown.get(key, fallback.maxAgeMs);
      if (known === undefined) continue;
      settle(failed, known.value, { used: 'lastKnown', ageMs: Math.round(known.ageMs) });
    }
    if (failed.degraded !== undefined) return false;
  }
  return false;
}

function useProvider(failed: FailedField, answer: ProviderAnswer | undefined): void {
  failed.next += 1;
  if (answer !== undefined) settle(failed, answer.value, { used: 'provider' });
}

function settle(failed: FailedField, value: unknown, how: Pick<Degraded, 'used' | 'ageMs'>): void {
  const { object, field, path, reason } = failed;
  object[field.responseKey] = value;
  failed.degraded = { path, reason, ...how };
}
