// Literals for arguments in field sets. Only of types whose coerced value is the literal's own: what a field set says is
// read in two places, with and without a schema.
import { namedOf, type TypeSpec } from './draft.ts';
import type { Random } from './random.ts';

/** Undefined for types that it does not try. */
export function argumentLiteral(
  specs: ReadonlyMap<string, TypeSpec>,
  random: Random,
  type: string,
): string | undefined {
  const named = namedOf(type);
  if (type.startsWith('[')) {
    const inner = argumentLiteral(specs, random, named);
    return inner === undefined || type.startsWith('[[') ? undefined : `[${inner}]`;
  }
  switch (named) {
    case 'Int':
      return String(random.below(5));
    case 'Float':
      return `${random.below(5)}.5`;
    case 'Boolean':
      return String(random.chance(0.5));
    case 'ID':
    case 'String':
      return `"v${random.below(3)}"`;
    default: {
      const spec = specs.get(named);
      return spec?.kind === 'enum' ? spec.values[0] : undefined;
    }
  }
}
