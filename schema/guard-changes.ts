// Changes of who may ask: @authenticated and @requiresScopes, which stand in the supergraph and not in the API. A guard
// hurts an operation only when its callers need not have held the rights before.
import { Kind, parse, type ConstDirectiveNode, type ConstValueNode } from 'graphql';
import type { Usage } from './operation-usage.ts';
import type { SchemaChange } from './schema-changes.ts';

/** Sets of scopes, one of which a caller must hold in full; one empty set: to have signed in is enough. */
export type Guard = readonly (readonly string[])[];

/** By coordinate, `Type` or `Type.field`; one without a guard has an undefined entry. */
export type Guards = ReadonlyMap<string, Guard | undefined>;

export function guardsOf(supergraph: string): Guards {
  const guards = new Map<string, Guard | undefined>();
  for (const definition of parse(supergraph).definitions) {
    if (!('name' in definition) || definition.name === undefined || !('directives' in definition)) continue;
    if (definition.kind === Kind.DIRECTIVE_DEFINITION || definition.kind === Kind.OPERATION_DEFINITION)
      continue;
    const type = definition.name.value;
    guards.set(type, guardOf(definition.directives as readonly ConstDirectiveNode[] | undefined));
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION)
      continue;
    for (const field of definition.fields ?? [])
      guards.set(`${type}.${field.name.value}`, guardOf(field.directives));
  }
  return guards;
}

function guardOf(directives: readonly ConstDirectiveNode[] = []): Guard | undefined {
  const scoped = directives.find(({ name }) => name.value === 'requiresScopes');
  if (scoped !== undefined) {
    return valuesOf(scoped.arguments?.[0]?.value).map((set) =>
      valuesOf(set).map((scope) => (scope.kind === Kind.STRING ? scope.value : '')),
    );
  }
  return directives.some(({ name }) => name.value === 'authenticated') ? [[]] : undefined;
}

function valuesOf(node: ConstValueNode | undefined): readonly ConstValueNode[] {
  return node?.kind === Kind.LIST ? node.values : [];
}

export function guardChanges(before: Guards, after: Guards): SchemaChange[] {
  return [...before].flatMap(([coordinate, old]) => {
    const guard = after.get(coordinate);
    if (!after.has(coordinate) || describe(old) === describe(guard)) return [];
    const isTighter = shutsOut(old, guard, { signedIn: false, scopes: new Set() });
    return [
      {
        level: isTighter ? 'breaking' : 'dangerous',
        message: `'${coordinate}' was for ${describe(old)} and is for ${describe(guard)}`,
        concerns: (usage) =>
          usage.coordinates.has(coordinate) && (!isTighter || shutsOut(old, guard, rightsFor(usage, before))),
      } satisfies SchemaChange,
    ];
  });
}

interface Rights {
  readonly signedIn: boolean;
  readonly scopes: ReadonlySet<string>;
}

/** What every caller who got the operation's whole answer must have held so far. */
function rightsFor({ coordinates }: Usage, guards: Guards): Rights {
  const passed = [...coordinates]
    .map((coordinate) => guards.get(coordinate))
    .filter((guard) => guard !== undefined);
  const scopes = passed.flatMap(([first = [], ...others]) =>
    first.filter((scope) => others.every((set) => set.includes(scope))),
  );
  return { signedIn: passed.length > 0, scopes: new Set(scopes) };
}

/** Whether somebody with these rights who passed the old guard does not pass the new one. */
function shutsOut(old: Guard | undefined, guard: Guard | undefined, { signedIn, scopes }: Rights): boolean {
  if (guard === undefined) return false;
  if (old === undefined && !signedIn) return true;
  const holders = (old ?? [[]]).map((set) => new Set([...set, ...scopes]));
  return holders.some((held) => !guard.some((set) => set.every((scope) => held.has(scope))));
}

function describe(guard: Guard | undefined): string {
  if (guard === undefined) return 'everybody';
  if (guard.some((set) => set.length === 0)) return 'whoever has signed in';
  return `callers with ${guard.map((set) => set.join(' and ')).join(', or ')}`;
}
