// A fetch waits for what it reads and for nothing else, as far as sequences and branches can say so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { fetchesOf } from './fetch-operation.ts';
import type { EntityFetch, Plan, PlanNode, RootFetch } from './plan.ts';
import { splitChains } from './split-chains.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const schema = buildSchema(`
  type Query { ${names.map((name) => `${name}: Thing`).join(' ')} thing: Any }
  type Thing { id: ID ${names.map((name) => `${name}: ID`).join(' ')} }
  interface Any { id: ID }
  type Real implements Any { id: ID x: ID }`);
const types = {
  fullSchema: schema,
  possibleTypes: (name: string) => new Set(name === 'Any' ? ['Real'] : [name]),
  interfaceObjects: new Set(['Any']),
};

function root(field: string, operationKind: RootFetch['operationKind'] = 'query'): RootFetch {
  const operation = `${operationKind} { ${field} { __typename id } }`;
  return { kind: 'root', subgraph: field, operationKind, operation, variables: [], outputRewrites: [] };
}

interface Shape {
  readonly at: readonly string[];
  readonly brings: string;
  readonly needs?: readonly string[];
  readonly on?: string;
}

/** Named by what it brings. */
function lookup({ at, brings, needs = ['id'], on = 'Thing' }: Shape): EntityFetch {
  const selections = ['__typename', ...needs].map((name) => ({ kind: 'field' as const, source: name, name }));
  return {
    kind: 'entities',
    subgraph: brings,
    operation: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${on} { ${brings} } } }`,
    variables: [],
    lookups: [
      {
        alias: '_entities',
        representationsVariable: 'r',
        paths: at.map((name) => [{ kind: 'field', name }]),
        requires: [{ kind: 'fragment', typeCondition: on, selections }],
        inputRewrites: [],
        outputRewrites: [],
      },
    ],
  };
}

const sequence = (...nodes: PlanNode[]): PlanNode => ({ kind: 'sequence', nodes });
const parallel = (...nodes: PlanNode[]): PlanNode => ({ kind: 'parallel', nodes });

/** Sequences with `>`, branches with `|`. */
function textOf(node: PlanNode): string {
  if (node.kind === 'root' || node.kind === 'entities') return node.subgraph;
  if (node.kind === 'defer') return 'defer';
  return `(${node.nodes.map(textOf).join(node.kind === 'sequence' ? ' > ' : ' | ')})`;
}

function split(node: PlanNode, rootType = 'Query'): string {
  const { root: after } = splitChains({ root: node }, types, rootType);
  assert.ok(after !== undefined);
  return textOf(after);
}

test('root fields and what hangs on them become branches', () => {
  const waves = sequence(
    parallel(root('a'), root('b')),
    parallel(lookup({ at: ['a'], brings: 'c' }), lookup({ at: ['b'], brings: 'd' })),
    lookup({ at: ['b'], brings: 'e', needs: ['d'] }),
  );
  assert.equal(split(waves), '((a > c) | (b > d > e))');
});

test('a lookup at places of several root fields stays one and comes after all of them', () => {
  const both = lookup({ at: ['a', 'b'], brings: 'c' });
  assert.equal(split(sequence(parallel(root('a'), root('b')), both)), '((a | b) > c)');
});

test('branches are as long as they can be before they meet', () => {
  const waves = sequence(
    parallel(root('a'), root('b')),
    parallel(lookup({ at: ['a'], brings: 'c' }), lookup({ at: ['b'], brings: 'd' })),
    lookup({ at: ['a', 'b'], brings: 'e', needs: ['c', 'd'] }),
  );
  assert.equal(split(waves), '(((a > c) | (b > d)) > e)');
});

test('lookups of one object wait for those that bring what they require and for no others', () => {
  const waves = sequence(
    root('a'),
    parallel(lookup({ at: ['a'], brings: 'b' }), lookup({ at: ['a'], brings: 'c' })),
    lookup({ at: ['a'], brings: 'd', needs: ['id', 'c'] }),
  );
  assert.equal(split(waves), '(a > (b | (c > d)))');
});

test('what brings the real type of an interface object comes before whoever is told of it', () => {
  const thing = root('thing');
  const tells = lookup({ at: ['thing'], brings: '__typename', on: 'Any' });
  const told = lookup({ at: ['thing'], brings: 'x', on: 'Real' });
  assert.equal(split(sequence(thing, tells, told)), '(thing > __typename > x)');
  const again = lookup({ at: ['a'], brings: '__typename' });
  const other = lookup({ at: ['a'], brings: 'b' });
  assert.equal(
    split(sequence(root('a'), again, other)),
    '(a > (__typename | b))',
    'of an object all tell the same',
  );
});

test('what follows a mutation stays behind it', () => {
  const after: RootFetch = { ...root('b'), subgraph: 'after' };
  assert.equal(split(sequence(root('a', 'mutation'), after)), '(a > after)');
  assert.equal(split(sequence(root('a'), after)), '(a | after)');
});

test('a plan that waits for nothing in vain, or has deferred parts, stays as it is', () => {
  const least: Plan = { root: sequence(root('a'), lookup({ at: ['a'], brings: 'b' })) };
  assert.equal(splitChains(least, types, 'Query'), least);
  const primary = { node: sequence(root('a'), root('b')), selection: undefined };
  const deferred: Plan = { root: { kind: 'defer', primary, deferred: [] } };
  assert.equal(splitChains(deferred, types, 'Query'), deferred);
});

/** Waves of lookups at `a`, each of which needs some that may come before it. */
const plans = fc
  .array(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 7 })
  .map((wanted) => {
    const lookups = wanted.map((picks, index) => {
      const needs = [
        ...new Set(picks.flatMap((pick) => (index === 0 ? [] : [names[1 + (pick % index)] ?? 'b']))),
      ];
      return lookup({ at: ['a'], brings: names[index + 1] ?? 'b', needs: ['id', ...needs] });
    });
    return sequence(root('a'), ...lookups);
  });

function before(node: PlanNode, known: ReadonlySet<string>, all: Map<string, ReadonlySet<string>>): void {
  if (node.kind === 'root' || node.kind === 'entities') all.set(node.subgraph, known);
  else if (node.kind === 'parallel') for (const child of node.nodes) before(child, known, all);
  else if (node.kind === 'sequence') {
    let so = known;
    for (const child of node.nodes) {
      before(child, so, all);
      so = so.union(new Set(fetchesOf(child).map(({ subgraph }) => subgraph)));
    }
  }
}

test('whatever the plan, each fetch runs once and after all that it needs', () => {
  fc.assert(
    fc.property(plans, (waves) => {
      const { root: after } = splitChains({ root: waves }, types, 'Query');
      assert.ok(after !== undefined);
      const ended = new Map<string, ReadonlySet<string>>();
      before(after, new Set(), ended);
      const fetches = fetchesOf(waves);
      assert.deepEqual(
        fetchesOf(after)
          .map(({ subgraph }) => subgraph)
          .toSorted(),
        fetches.map(({ subgraph }) => subgraph).toSorted(),
      );
      for (const fetch of fetches) {
        if (fetch.kind === 'root') continue;
        const required = fetch.lookups[0]?.requires[0]?.selections ?? [];
        for (const one of required) {
          if (one.kind !== 'field' || one.source === 'id' || one.source === '__typename') continue;
          assert.ok(ended.get(fetch.subgraph)?.has(one.source), `${fetch.subgraph} needs ${one.source}`);
        }
        assert.ok(ended.get(fetch.subgraph)?.has('a'));
      }
    }),
  );
});
