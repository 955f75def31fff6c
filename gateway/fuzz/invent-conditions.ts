// @skip and @include, with constants and variables, alone and together.
import { Kind, type DirectiveNode } from 'graphql';
import type { Random } from './random.ts';
import type { VariablePool } from './variable-pool.ts';

export function inventConditions({
  random,
  variables,
}: {
  readonly random: Random;
  readonly variables: VariablePool;
}): DirectiveNode[] {
  const directives: DirectiveNode[] = [];
  for (const name of ['include', 'skip']) {
    if (!random.chance(0.06)) continue;
    // Mostly kept, so that something is left to compare.
    const isKept = random.chance(0.7);
    const decides = isKept === (name === 'include');
    directives.push({
      kind: Kind.DIRECTIVE,
      name: { kind: Kind.NAME, value: name },
      arguments: [
        {
          kind: Kind.ARGUMENT,
          name: { kind: Kind.NAME, value: 'if' },
          value: random.chance(0.3)
            ? { kind: Kind.BOOLEAN, value: decides }
            : {
                kind: Kind.VARIABLE,
                name: { kind: Kind.NAME, value: conditionVariable(random, variables, decides) },
              },
        },
      ],
    });
  }
  return random.chance(0.5) ? directives : directives.toReversed();
}

function conditionVariable(random: Random, variables: VariablePool, decides: boolean): string {
  return random.chance(0.3)
    ? variables.add({ type: 'Boolean', defaultLiteral: String(decides), value: undefined }, true)
    : variables.add({ type: 'Boolean!', defaultLiteral: undefined, value: decides }, true);
}
