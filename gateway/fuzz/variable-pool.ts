// The variables of an operation while it is made up.
import { Kind, parseType, parseValue, type VariableDefinitionNode } from 'graphql';
import type { Random } from './random.ts';

const hostileNames = ['constructor', '__proto__', 'toString', 'first', 'query', 'variables'];

interface Variable {
  readonly type: string;
  readonly defaultLiteral: string | undefined;
  /** Undefined for one that the client leaves out. */
  readonly value: unknown;
}

export class VariablePool {
  readonly #random: Random;
  readonly #variables = new Map<string, Variable>();

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * The name of a new variable, or of one that is there already with the same type. `isCondition`: not of one that is
   * null, since graphql-js fails the whole object whose selection has `@skip(if: null)`, and no gateway needs to.
   */
  add(variable: Variable, isCondition = false): string {
    const same = [...this.#variables].filter(
      ([, { type, value }]) => type === variable.type && !(isCondition && value === null),
    );
    if (same.length > 0 && this.#random.chance(0.4)) return this.#random.pick(same)[0];
    const hostile = this.#random.pick(hostileNames);
    const isHostile = this.#random.chance(0.08) && !this.#variables.has(hostile);
    const name = isHostile ? hostile : `v${this.#variables.size}`;
    this.#variables.set(name, variable);
    return name;
  }

  definitions(): VariableDefinitionNode[] {
    return [...this.#variables].map(([name, { type, defaultLiteral }]) => ({
      kind: Kind.VARIABLE_DEFINITION,
      variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
      type: parseType(type, { noLocation: true }),
      ...(defaultLiteral === undefined
        ? {}
        : { defaultValue: parseValue(defaultLiteral, { noLocation: true }) as never }),
    }));
  }

  values(): Record<string, unknown> {
    const given = [...this.#variables].filter(([, { value }]) => value !== undefined);
    // Not by assignment: `__proto__` may be a name.
    return Object.fromEntries(given.map(([name, { value }]) => [name, value]));
  }
}
