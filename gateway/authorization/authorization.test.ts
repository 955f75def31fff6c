// Tables: schema, operation, caller; what is left to plan and what is denied.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Caller } from '../gateway-request.ts';
import { anonymous, callerWith, decided, normalised } from './authorization.fixture.ts';
import { createAuthorization } from './authorization.ts';
import { composed } from './compose.fixture.ts';
import { unauthorizedError, withSignInErrors } from './denied-field.ts';

const signedIn = callerWith([]);

const blog = composed({
  blog: `
    type Query {
      post(id: ID!): Post
      me: User @authenticated
      users: [User] @requiresScopes(scopes: [["read:users"], ["read:all", "admin"]])
      vault: Vault
      mood: Mood
      token: Token
      search: [Found]
      feed(first: Int): [Entry]
    }
    type Mutation { rename(name: String!): User  erase: Vault @policy(policies: [["eraser"]]) }
    type User @key(fields: "id") {
      id: ID! name: String
      email: String @requiresScopes(scopes: [["read:email"]])
      card: Card @policy(policies: [["billing"], ["support", "manager"]])
    }
    type Card { number: String! }
    type Post { id: ID! title: String views: Int @authenticated author: User vault: Vault }
    type Vault @authenticated { gold: Int }
    enum Mood @authenticated { GOOD BAD }
    scalar Token @requiresScopes(scopes: [["tokens"]])
    union Found = Post | Vault | User
    interface Entry { id: ID! title: String teaser: String }
    type PublicBlog implements Entry { id: ID! title: String teaser: String }
    type PrivateBlog implements Entry @authenticated { id: ID! title: String teaser: String }
  `,
});

interface Row {
  readonly says: string;
  readonly operation: string;
  readonly caller: Caller;
  readonly plannable: string | undefined;
  readonly denied: readonly string[];
}

const rows: Row[] = [
  {
    says: 'a field that asks for a signed-in caller is left out for an anonymous one',
    operation: '{ post(id: 1) { title views } me { name } }',
    caller: anonymous,
    plannable: '{ post(id: 1) { title } }',
    denied: ['me', 'post.views'],
  },
  {
    says: 'a signed-in caller gets the operation as it is',
    operation: '{ post(id: 1) { title views } me { name } }',
    caller: signedIn,
    plannable: '{ post(id: 1) { title views } me { name } }',
    denied: [],
  },
  {
    says: 'one of the alternatives is enough',
    operation: '{ users { name } }',
    caller: callerWith(['read:users']),
    plannable: '{ users { name } }',
    denied: [],
  },
  {
    says: 'half of an alternative is not enough, and nothing is left to plan',
    operation: '{ users { name } }',
    caller: callerWith(['admin']),
    plannable: undefined,
    denied: ['users'],
  },
  {
    says: 'policies are decided apart from scopes of the same name',
    operation: '{ me { card { number } name } }',
    caller: callerWith(['billing']),
    plannable: '{ me { name } }',
    denied: ['me.card'],
  },
  {
    says: 'all policies of an alternative are enough',
    operation: '{ me { card { number } } }',
    caller: callerWith([], ['support', 'manager']),
    plannable: '{ me { card { number } } }',
    denied: [],
  },
  {
    says: 'a guarded object type guards the fields that return it',
    operation: '{ vault { gold } post(id: 1) { vault { gold } } }',
    caller: anonymous,
    plannable: '{ post(id: 1) { __typename } }',
    denied: ['vault', 'post.vault'],
  },
  {
    says: 'a guarded enum and a guarded scalar guard the fields that return them',
    operation: '{ mood token post(id: 1) { id } }',
    caller: anonymous,
    plannable: '{ post(id: 1) { id } }',
    denied: ['mood', 'token'],
  },
  {
    says: 'the error stands at the alias',
    operation: '{ mine: me { name } post(id: 1) { seen: views id } }',
    caller: anonymous,
    plannable: '{ post(id: 1) { id } }',
    denied: ['mine', 'post.seen'],
  },
  {
    says: 'fragments on a guarded member of a union keep only their __typename',
    operation: '{ search { ... on Vault { gold } ... on Post { title views } } }',
    caller: anonymous,
    plannable: '{ search { ... on Vault { __typename } ... on Post { title } } }',
    denied: ['search.gold', 'search.views'],
  },
  {
    says: 'a field of an interface is denied where an implementer is guarded, and so is what returns the interface',
    operation: '{ feed { title } post(id: 1) { id } }',
    caller: anonymous,
    plannable: '{ post(id: 1) { id } }',
    denied: ['feed'],
  },
  {
    says: 'type conditions ask only for what may be seen; the same key is denied at the other type alone',
    operation: '{ feed { __typename ... on PublicBlog { title } ... on PrivateBlog { title } } }',
    caller: anonymous,
    plannable: '{ feed { __typename ... on PublicBlog { title } ... on PrivateBlog { __typename } } }',
    denied: ['feed.title on PrivateBlog'],
  },
  {
    says: '__typename of a guarded implementer is no secret',
    operation: '{ feed { kind: __typename } }',
    caller: anonymous,
    plannable: '{ feed { kind: __typename } }',
    denied: [],
  },
  {
    says: 'a fragment on the interface itself counts as asking it directly',
    operation: '{ feed { ... on Entry { title } } }',
    caller: anonymous,
    plannable: undefined,
    denied: ['feed'],
  },
  {
    says: 'one field written twice is one field: denied once, denied in all',
    operation: '{ feed { ... on PublicBlog { title } } feed { teaser } }',
    caller: anonymous,
    plannable: undefined,
    denied: ['feed'],
  },
  {
    says: 'variables that only denied fields used are gone from what is planned',
    operation: 'query q($id: ID!, $n: Int) { post(id: $id) { id } feed(first: $n) { title } }',
    caller: anonymous,
    plannable: 'query q($id: ID!) { post(id: $id) { id } }',
    denied: ['feed'],
  },
  {
    says: 'a denied mutation is not planned and so never runs',
    operation: 'mutation { erase { gold } rename(name: "a") { id } }',
    caller: signedIn,
    plannable: 'mutation { rename(name: "a") { id } }',
    denied: ['erase'],
  },
  {
    says: 'introspection stays',
    operation: '{ __schema { queryType { name } } __typename me { id } }',
    caller: anonymous,
    plannable: '{ __schema { queryType { name } } __typename }',
    denied: ['me'],
  },
];

describe('what a caller may not see is taken out', () => {
  for (const { says, operation, caller, plannable, denied } of rows) {
    test(says, () => {
      const decision = decided(blog, operation, caller);
      assert.deepEqual(decision, { plannable, denied: [...denied] });
    });
  }
});

test('a supergraph without the directives needs no authorization', () => {
  const authorization = createAuthorization(composed({ a: 'type Query { a: Int }' }));
  assert.equal(authorization.isNeeded, false);
});

test('an operation that touches nothing guarded costs nothing', () => {
  const authorization = createAuthorization(blog);
  assert.equal(authorization.isNeeded, true);
  assert.equal(authorization.forOperation(normalised(blog, '{ post(id: 1) { title } }')), undefined);
});

test('the signature tells who is signed in and what of the touched conditions is met, and nothing else', () => {
  const operation = createAuthorization(blog).forOperation(normalised(blog, '{ me { email } }'));
  assert.ok(operation);
  assert.equal(operation.signatureOf(anonymous), '-00');
  assert.equal(operation.signatureOf(signedIn), '+10');
  assert.equal(operation.signatureOf(callerWith(['read:email'])), '+11');
  assert.equal(operation.signatureOf(callerWith(['read:email', 'tokens'], ['eraser'])), '+11');
});

test('an operation names the policies it touches', () => {
  const operation = createAuthorization(blog).forOperation(normalised(blog, '{ me { card { number } } }'));
  assert.deepEqual([...(operation?.policies ?? [])].toSorted(), ['billing', 'manager', 'support']);
});

test('rejectUnauthorized refuses the whole operation and says where', () => {
  const authorization = createAuthorization(blog, { rejectUnauthorized: true });
  const operation = authorization.forOperation(normalised(blog, '{ post(id: 1) { id views } me { id } }'));
  const errors = [unauthorizedError(['me']), unauthorizedError(['post', 'views'])];
  const signIn = withSignInErrors(errors);
  assert.deepEqual(signIn[0]?.extensions, { code: 'UNAUTHENTICATED' });
  assert.deepEqual(operation?.decide(anonymous).refusal, signIn);
  assert.equal(operation?.decide(signedIn).refusal, undefined);
});
