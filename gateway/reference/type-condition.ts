// Whether an object meets a type condition, judged by the whole supergraph, inaccessible types included.
import type { Supergraph } from '../supergraph/supergraph.ts';

/** `typeName` may be an interface's: so objects of its own subgraph call an interface object. */
export function meetsCondition(supergraph: Supergraph, typeName: string, condition: string): boolean {
  if (typeName === condition) return true;
  const possible = supergraph.possibleTypes(condition);
  if (possible.has(typeName)) return true;
  const actual = supergraph.possibleTypes(typeName);
  return actual.size > 0 && [...actual].every((name) => possible.has(name));
}

export function meetsOneOf(supergraph: Supergraph, typeName: string, conditions: readonly string[]): boolean {
  return conditions.some((condition) => meetsCondition(supergraph, typeName, condition));
}
