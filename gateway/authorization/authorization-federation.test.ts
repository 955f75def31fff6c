// Authorization on real subgraphs: what a subgraph is asked, and what both executors answer in place of what is denied.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileExecutable } from '../compile/compile-executable.ts';
import type { Executable, Execute } from '../execution.ts';
import type { Caller } from '../gateway-request.ts';
import { plannedKeys } from '../operation/planned-keys.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { createReferenceExecutor } from '../reference/reference-executor.ts';
import { Federation } from '../reference/subgraphs.fixture.ts';
import { anonymous, callerWith } from './authorization.fixture.ts';
import { createAuthorization } from './authorization.ts';
import { unauthorizedError } from './denied-field.ts';

const subgraphs = {
  people: {
    sdl: `
      type Query { me: User @federation__authenticated  users: [User]  feed: [Entry]  strict: Strict }
      type Mutation { erase: String @federation__requiresScopes(scopes: [["erase"]])  touch: String }
      type User @key(fields: "id") { id: ID! name: String email: String @federation__requiresScopes(scopes: [["email"]]) }
      type Strict { open: Int secret: Int! @federation__authenticated }
      interface Entry { title: String }
      type Public implements Entry { title: String }
      type Private implements Entry @federation__authenticated { title: String }`,
    resolvers: {
      Query: {
        me: () => ({ id: '1', name: 'ann', email: 'a@b' }),
        users: () => [
          { id: '1', name: 'ann', email: 'a@b' },
          { id: '2', name: 'bob', email: 'b@b' },
        ],
        feed: () => [
          { __typename: 'Public', title: 'p' },
          { __typename: 'Private', title: 'q' },
        ],
        strict: () => ({ open: 1, secret: 2 }),
      },
      Mutation: { erase: () => 'erased', touch: () => 'touched' },
    },
  },
  scores: {
    sdl: `type User @key(fields: "id") { id: ID! email: String @external
      score: Int @federation__requiresScopes(scopes: [["score"]])
      domain: String @requires(fields: "email") @federation__requiresScopes(scopes: [["email"]]) }`,
    resolvers: { User: { score: () => 7, domain: ({ email }: { email: string }) => email.split('@')[1] } },
  },
};

const executors: Record<string, (executable: Executable) => Execute> = {
  reference: createReferenceExecutor,
  compiled: compileExecutable,
};

interface Row {
  readonly says: string;
  readonly query: string;
  readonly caller: Caller;
  readonly data: unknown;
  readonly errors: readonly (readonly (string | number)[])[];
  /** Words that stand in no request to a subgraph. */
  readonly unasked: readonly string[];
}

const rows: Row[] = [
  {
    says: 'a denied field is null at each item, and its subgraph is not asked',
    query: '{ users { name email score } }',
    caller: anonymous,
    data: {
      users: [
        { name: 'ann', email: null, score: null },
        { name: 'bob', email: null, score: null },
      ],
    },
    errors: [
      ['users', 0, 'email'],
      ['users', 0, 'score'],
      ['users', 1, 'email'],
      ['users', 1, 'score'],
    ],
    unasked: ['email', 'score', '_entities'],
  },
  {
    says: 'a caller with the scopes gets everything',
    query: '{ users { email score domain } }',
    caller: callerWith(['email', 'score']),
    data: {
      users: [
        { email: 'a@b', score: 7, domain: 'b' },
        { email: 'b@b', score: 7, domain: 'b' },
      ],
    },
    errors: [],
    unasked: [],
  },
  {
    says: 'a field whose @requires reads a denied one neither answers nor has that one fetched',
    query: '{ users { name domain } }',
    caller: callerWith(['score']),
    data: {
      users: [
        { name: 'ann', domain: null },
        { name: 'bob', domain: null },
      ],
    },
    errors: [
      ['users', 0, 'domain'],
      ['users', 1, 'domain'],
    ],
    unasked: ['email', 'domain'],
  },
  {
    says: 'null goes up from a denied field that may not be null',
    query: '{ strict { open secret } }',
    caller: anonymous,
    data: { strict: null },
    errors: [['strict', 'secret']],
    unasked: ['secret'],
  },
  {
    says: 'the same key is denied at one type and answered at another',
    query: '{ feed { __typename ... on Public { title } ... on Private { title } } }',
    caller: anonymous,
    data: {
      feed: [
        { __typename: 'Public', title: 'p' },
        { __typename: 'Private', title: null },
      ],
    },
    errors: [['feed', 1, 'title']],
    unasked: ['on Private { title'],
  },
  {
    says: 'nothing left asks nobody',
    query: '{ me { name } }',
    caller: anonymous,
    data: { me: null },
    errors: [['me']],
    unasked: ['query'],
  },
  {
    says: 'a denied mutation does not run, the next one does',
    query: 'mutation { erase touch }',
    caller: callerWith([]),
    data: { erase: null, touch: 'touched' },
    errors: [['erase']],
    unasked: ['erase'],
  },
];

for (const [name, executor] of Object.entries(executors)) {
  describe(`with the ${name} executor`, () => {
    for (const { says, query, caller, data, errors, unasked } of rows) {
      test(says, async () => {
        await using federation = await Federation.of(subgraphs);
        const executable = await authorised(federation, query, caller);
        const result = await executor(executable)(federation.input());
        assert.deepEqual(JSON.parse(JSON.stringify(result.data)), data);
        const byPath = result.errors.toSorted((a, b) => (String(a.path) < String(b.path) ? -1 : 1));
        assert.deepEqual(JSON.parse(JSON.stringify(byPath)), errors.map(unauthorizedError));
        const asked = federation.requests.map(({ body }) => body.replaceAll(/\\n|\s+/g, ' ')).join(' ');
        for (const word of unasked) assert.ok(!asked.includes(word), `${word} in ${asked}`);
      });
    }
  });
}

async function authorised(federation: Federation, query: string, caller: Caller): Promise<Executable> {
  const executable = await federation.executable(query);
  const { operation, supergraph, apiSchema } = executable;
  const decision = createAuthorization(supergraph).forOperation(operation)?.decide(caller);
  assert.ok(decision, 'every query of the table touches something guarded');
  const plan = await planOperation(operation, decision.plannable, {
    supergraph,
    apiSchema,
    planners: { first: federation.planner },
    keys: plannedKeys(supergraph),
    overrideLabels: new Set(),
    overridePercentage: 100,
    timeoutMs: 10_000,
  });
  return { ...executable, plan, denied: decision.denied, keys: plannedKeys(supergraph) };
}
