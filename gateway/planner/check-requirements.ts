// Apollo's planner tells fields apart by their response keys, not by their arguments: where a @requires has arguments
// and the client asks for the same field with others, it sends one of the two and gives the answer to both, in silence.
// This finds plans in which that may have happened. It would rather refuse too many than let one through.
import { Kind, parse, visit, type ConstDirectiveNode, type FieldNode, type SelectionSetNode } from 'graphql';
import { parseFieldSet } from '../supergraph/field-set.ts';
import { callText, fetchesOf, keyOf } from './fetch-operation.ts';
import type { Plan, RequiredSelection } from './plan.ts';

/** By field name: the calls with arguments that some @requires of the supergraph makes, such as `price(currency: "EUR")`. */
export type Requirements = ReadonlyMap<string, ReadonlySet<string>>;

export function requirementsWithArguments(supergraph: string): Requirements {
  const all = new Map<string, Set<string>>();
  visit(parse(supergraph, { noLocation: true }), {
    Directive(directive) {
      const required = requiredBy(directive as ConstDirectiveNode);
      if (required !== undefined) addCalls(required, all);
    },
  });
  return new Map([...all].filter(([name, calls]) => [...calls].some((call) => call !== name)));
}

export function findWrongRequirement(
  requirements: Requirements,
  plan: Plan,
  operation: string,
): string | undefined {
  if (requirements.size === 0 || plan.root === undefined) return undefined;
  const fetches = fetchesOf(plan.root);
  const required = new Set<string>();
  for (const fetch of fetches) {
    if (fetch.kind !== 'entities') continue;
    for (const { requires } of fetch.lookups) for (const part of requires) addNames(part, required);
  }
  const sent = new Map<string, Set<string>>();
  for (const text of [operation, ...fetches.map((fetch) => fetch.operation)]) addCalls(parse(text), sent);
  for (const name of required) {
    const wanted = requirements.get(name);
    if (wanted === undefined) continue;
    const calls = new Set([...wanted, ...(sent.get(name) ?? [])]);
    if (calls.size > 1)
      return `The field ${name} is needed with different arguments: ${[...calls].join(', ')}`;
  }
  return undefined;
}

/** The field set of `@join__field(requires:)`. */
function requiredBy({ name, arguments: given = [] }: ConstDirectiveNode): SelectionSetNode | undefined {
  if (name.value !== 'join__field') return undefined;
  const value = given.find((argument) => argument.name.value === 'requires')?.value;
  return value?.kind === Kind.STRING ? parseFieldSet(value.value) : undefined;
}

function addNames(selection: RequiredSelection, names: Set<string>): void {
  if (selection.kind === 'field') names.add(selection.source);
  for (const inner of selection.selections ?? []) addNames(inner, names);
}

/** By response key, since that is what fields are confused by. */
function addCalls(node: Parameters<typeof visit>[0], calls: Map<string, Set<string>>): void {
  visit(node, {
    Field(field: FieldNode) {
      const key = keyOf(field);
      const known = calls.get(key) ?? new Set();
      calls.set(key, known.add(callText(field)));
    },
  });
}
