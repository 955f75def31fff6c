// After a run: keeps what may be a last known value, and where a fault left a null that the schema declares a fallback
// for, puts that in its place (fallback/).
import type { EngineSettings } from '../engine-options.ts';
import type { ExecutionInput, ExecutionResult } from '../execution.ts';
import type { FallbackRun } from './degraded-result.ts';
import type { Caller } from '../gateway-request.ts';
import type { Generation } from '../generation/generation.ts';
import { prepareDocument } from '../generation/prepare-operation.ts';
import type { PreparedOperation } from '../generation/prepared-operation.ts';

export interface FinishedRun {
  readonly prepared: PreparedOperation;
  readonly input: ExecutionInput;
  readonly result: ExecutionResult;
  readonly caller: Caller;
}

export async function withFallbacks(
  generation: Generation,
  settings: EngineSettings,
  { prepared: { fallbacks, denied }, input, result, caller }: FinishedRun,
): Promise<ExecutionResult & { readonly extensions?: Readonly<Record<string, unknown>> }> {
  if (fallbacks === undefined) return result;
  const run: FallbackRun = { variables: input.variables, context: input.context, denied };
  fallbacks.record(result, run);
  if (result.errors.length === 0) return result;
  const { data, errors, degraded } = await fallbacks.apply(result, run, async (document) => {
    const again = await prepareDocument(generation, settings, document, { caller, context: input.context });
    return again.execute(input);
  });
  return degraded.length === 0 ? { data, errors } : { data, errors, extensions: { degraded } };
}
