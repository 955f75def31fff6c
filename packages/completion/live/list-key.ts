// A state that a list names, such as quotes by their symbols, is the same in whatever order the list is given: who follows
// it shares reads with all others who do.
import { Kind, type FieldNode } from 'graphql';

/** The variable that is the whole of the argument and nothing else; only there may the list be put in order. */
export function keyVariableOf(root: FieldNode, key: string, used: readonly string[]): string | undefined {
  const value = root.arguments?.find(({ name }) => name.value === key)?.value;
  if (value?.kind !== Kind.VARIABLE) return undefined;
  const name = value.name.value;
  return used.filter((other) => other === name).length === 1 ? name : undefined;
}

/** A list sorted and without repetitions; anything else as it is. */
export function inOrder(value: unknown): unknown {
  return Array.isArray(value) ? [...new Set(value.map(String))].toSorted() : value;
}
