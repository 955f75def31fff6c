// Under which key a last known value is kept: whose field it is, what was asked of it, and by whom.
import { createHash } from 'node:crypto';
import type { FetchContext } from '../subgraph-fetch.ts';
import type { FallbackRun } from './degraded-result.ts';
import type { Fallback } from './fallback-directive.ts';
import { askedOf, type FoundField } from './walk-answer.ts';

/** Undefined when nothing identifies the field's owner. */
export function memoryKey(
  { owner, field }: Pick<FoundField, 'owner' | 'field'>,
  { shared }: Extract<Fallback, { mode: 'lastKnown' }>,
  { variables, context }: FallbackRun,
): string | undefined {
  if (owner === undefined) return undefined;
  const caller = shared ? '' : callerOf(context);
  // The type is part of it, so that a value of an older supergraph never stands where it does not fit.
  const asked = `${owner}.${askedOf(field, variables)}:${String(field.definition.type)}`;
  const { selection } = field;
  if (selection.text === '') return `${caller}|${asked}`;
  return `${caller}|${asked}${askedOf({ question: selection.text, variables: selection.variables }, variables)}`;
}

const callers = new WeakMap<FetchContext, string>();

/**
 * Every header that may change a subgraph's answer tells callers apart, as it tells requests apart. Hashed, so that no
 * token lies in memory for longer than its request.
 */
function callerOf(context: FetchContext): string {
  let caller = callers.get(context);
  if (caller === undefined) {
    caller = createHash('sha256').update(JSON.stringify(context.headers)).digest('base64');
    callers.set(context, caller);
  }
  return caller;
}
