// Lets data.json say in clear what a field answers to which arguments and required fields:
//   "price": { "$calls": [{ "args": { "currency": "EUR" }, "value": 900 }], "otherwise": -1 }
// The world's data know only `$choices`, of which a hash of the call picks one: the table becomes a list of choices in
// which each call's place holds its value. For String fields this does not serve: the world adds a sign of its own.
import { hashOf } from '../fuzz/random.ts';
import { canonicalText, isRecord } from '../fuzz/world.ts';

interface Call {
  readonly args?: Readonly<Record<string, unknown>>;
  /** What the field requires, without `__typename`. */
  readonly required?: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

/** Choices of one field: so many that a call which is not in the table all but surely finds what is otherwise. */
const leastChoices = 997;
/** Calls are few, so that a size without two calls in one place is found long before. */
const mostChoices = 10_000;

/** The same data with every table in it turned into choices, also those of objects within a table. */
export function withoutCallTables(stored: unknown): unknown {
  if (Array.isArray(stored)) return stored.map(withoutCallTables);
  if (!isRecord(stored)) return stored;
  const calls = stored['$calls'];
  if (!Array.isArray(calls)) {
    return Object.fromEntries(
      Object.entries(stored).map(([name, value]) => [name, withoutCallTables(value)]),
    );
  }
  return { $choices: choicesOf(calls as Call[], withoutCallTables(stored['otherwise'] ?? null)) };
}

function choicesOf(calls: readonly Call[], otherwise: unknown): unknown[] {
  const hashes = calls.map(({ args, required }) => hashOf(canonicalText([args ?? {}, required ?? null, 0])));
  for (let size = leastChoices; size <= mostChoices; size += 1) {
    if (new Set(hashes.map((hash) => hash % size)).size < calls.length) continue;
    const choices: unknown[] = Array.from({ length: size }, () => otherwise);
    for (const [index, { value }] of calls.entries())
      choices[(hashes[index] ?? 0) % size] = withoutCallTables(value);
    return choices;
  }
  throw new Error(`two calls are the same: ${JSON.stringify(calls)}`);
}
