// Which planner's plan is used, with planners written for the test: how the time is divided, and what is taken for a
// mistake.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@apollo/composition';
import { buildSchema, parse } from 'graphql';
import { normalise } from '../operation/normalise.ts';
import { plannedKeys } from '../operation/planned-keys.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { planOperation } from './plan-operation.ts';
import type { Plan, PlannerName, RootFetch } from './plan.ts';
import { PlanningFailed, type Planner } from './planner.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8",
  import: ["@key", "@context", "@fromContext", "@shareable"])\n`;
const users = `type Query { user: User } type User @key(fields: "id") @context(name: "user") { id: ID! tier: String
  basket: Basket } type Basket @key(fields: "id") { id: ID! items: Int`;
const apiSchema = buildSchema(
  'type Query { user: User } type User { id: ID! tier: String basket: Basket } type Basket { id: ID! items: Int }',
);

function supergraphOf(sdl: string) {
  const { supergraphSdl, errors } = composeServices([
    { name: 'users', url: 'http://users.test', typeDefs: parse(link + sdl) },
  ]);
  assert.ok(supergraphSdl !== undefined, String(errors));
  return readSupergraph(supergraphSdl);
}

const plain = supergraphOf(`${users} }`);
const contextual = supergraphOf(
  `${users} discount(tier: String @fromContext(field: "$user { tier }")): Int }`,
);

function plannerOf(name: PlannerName, plan: Planner['plan']): Planner {
  return { name, apiSchema, overrides: { labels: [], percentages: [] }, plan, close: async () => undefined };
}

const rootFetch: RootFetch = {
  kind: 'root',
  subgraph: 'users',
  operationKind: 'query',
  operation: '{ user { tier } }',
  variables: [],
  outputRewrites: [],
};
const right: Plan = { root: rootFetch };

function plannedBy(planners: { first: Planner; second?: Planner }, supergraph = plain, timeoutMs = 10_000) {
  const { first, second } = planners;
  const document = parse('{ user { tier } }', { noLocation: true });
  const [operation] = document.definitions;
  assert.ok(operation?.kind === 'OperationDefinition');
  const normalised = normalise({ schema: apiSchema, document, operation, conditions: {}, keepDefer: false });
  return planOperation(normalised, normalised.document, {
    planners: { first, ...(second && { second: async () => second }) },
    supergraph,
    apiSchema,
    keys: plannedKeys(supergraph),
    overrideLabels: new Set(),
    overridePercentage: 0,
    timeoutMs,
  }).then((plan) => plan.plannedBy);
}

/** Only running out of time ends it, as a planner that hangs; then it says how much it had. */
function hanging(name: PlannerName, hadMs: number[] = []): Planner {
  return plannerOf(name, (_, signal) => {
    const startedAt = performance.now();
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        hadMs.push(performance.now() - startedAt);
        reject(new PlanningFailed('late'));
      });
    });
  });
}

const apollo = plannerOf('apollo', async () => right);
const timeoutMs = 400;

test('a first planner that runs out of time leaves some for the second', async () => {
  assert.equal(await plannedBy({ first: hanging('native'), second: apollo }, plain, timeoutMs), 'apollo');
});

test('a planner that is the only one has all of the time', async () => {
  const hadMs: number[] = [];
  const planning = plannedBy({ first: hanging('native', hadMs) }, plain, timeoutMs);
  await assert.rejects(planning, (fault) => fault instanceof PlanningFailed);
  assert.ok((hadMs[0] ?? 0) > timeoutMs * 0.75, `${String(hadMs[0])} of ${timeoutMs} ms`);
});

/** Of a kind that is not compiled, so that nobody looks at which fields it asks for. */
const uncompiled: Plan = {
  root: {
    kind: 'sequence',
    nodes: [rootFetch, { ...rootFetch, path: [{ kind: 'field', name: 'user' }] }],
  },
};

test('a native plan that cannot be looked at for missing arguments is used where no context is', async () => {
  const planners = { first: plannerOf('native', async () => uncompiled), second: apollo };
  assert.equal(await plannedBy(planners, plain), 'native');
  assert.equal(await plannedBy(planners, contextual), 'apollo');
});
