// Makes the plans of known documents before a supergraph goes live, so that its first requests are as fast as the last
// ones of the old. Bounded in time and in share of the processor: requests go on beside it.
import { setTimeout as sleep } from 'node:timers/promises';
import { allRights } from '../authorization/all-rights.ts';
import type { EngineSettings, KnownDocument } from '../engine-options.ts';
import type { Generation } from './generation.ts';
import { defaultConditions } from '../operation/condition-variables.ts';
import { DocumentRefused } from '../operation/parse-document.ts';
import { PlanningFailed } from '../planner/planner.ts';
import { prepareOperation } from './prepare-operation.ts';

/** What is not warm by then is planned when it is asked for. */
const longestWarmUpMs = 10_000;
/** After work of n milliseconds as many of rest: half of one core at the most. */
const restPerWork = 1;

/** Returns how many were warmed; a document that the new schema refuses is none of them. */
export async function warmGeneration(
  generation: Generation,
  settings: EngineSettings,
  documents: readonly KnownDocument[],
): Promise<number> {
  const endsAt = performance.now() + longestWarmUpMs;
  let warmed = 0;
  for (const { text, operationName } of documents) {
    const startedAt = performance.now();
    if (startedAt >= endsAt) break;
    if (await warm(generation, settings, text, operationName)) warmed += 1;
    await sleep(Math.ceil((performance.now() - startedAt) * restPerWork));
  }
  return warmed;
}

async function warm(
  generation: Generation,
  settings: EngineSettings,
  text: string,
  operationName: string | undefined,
): Promise<boolean> {
  const { documents } = generation;
  try {
    const known = documents.operation(documents.find(text), operationName);
    // Conditions as their defaults say, false where there is none: the usual choice.
    await prepareOperation(generation, settings, known, {
      variables: defaultConditions(known.definition),
      acceptsIncremental: false,
      caller: allRights,
    });
    return true;
  } catch (fault) {
    // A bug that one document meets must not keep the old supergraph live for all the others.
    if (!(fault instanceof DocumentRefused || fault instanceof PlanningFailed)) {
      settings.watch?.failed?.(fault, { correlationId: undefined });
    }
    return false;
  }
}
