// Rights end to end: whoever may see less never gets a plan, an answer or a fetch that another one's rights brought,
// whoever came before and whoever comes at the same time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../gateway-request.ts';
import {
  anonymous,
  codesOf,
  gate,
  library,
  signedIn,
  TestEngine,
  type AnswerJson,
} from '../engine.fixture.ts';

const query = '{ whoAmI secret hidden book(id: "1") { title price reviews } }';

const callers = {
  anonymous,
  'signed in': signedIn(),
  'with one scope': signedIn('read:hidden'),
  'with the other scope': signedIn('read:price'),
  'with both scopes': signedIn('read:hidden', 'read:price', 'and:more'),
} satisfies Readonly<Record<string, Caller>>;

/** By hand: what each may see. */
function expectedFor({ isAuthenticated, scopes }: Caller): AnswerJson['data'] {
  return {
    whoAmI: 'somebody',
    secret: isAuthenticated ? 'the secret' : null,
    hidden: scopes.has('read:hidden') ? 'the hidden' : null,
    book: { title: 'Dune', price: scopes.has('read:price') ? 10 : null, reviews: ['review of 1'] },
  };
}

function assertSees(caller: Caller, { data, errors = [] }: AnswerJson): void {
  assert.deepEqual(data, expectedFor(caller));
  const denied = [
    ...(caller.isAuthenticated ? [] : ['secret']),
    ...(caller.scopes.has('read:hidden') ? [] : ['hidden']),
    ...(caller.scopes.has('read:price') ? [] : ['book.price']),
  ];
  assert.deepEqual(errors.map(({ path = [] }) => path.join('.')).toSorted(), denied.toSorted());
}

test('each caller sees what it may, whoever asked the same before', async () => {
  await using gateway = await TestEngine.over(library);
  const all = Object.values(callers);
  for (const before of all) {
    for (const caller of all) {
      assertSees(before, await gateway.run(query, { caller: before }));
      assertSees(caller, await gateway.run(query, { caller }));
    }
  }
});

test('callers with different rights share nothing, though they ask the same at once with the same headers', async () => {
  await using gateway = await TestEngine.over(library);
  const shelf = gate();
  gateway.instead['shelf'] = async () => {
    await shelf.passed;
    return undefined;
  };
  const deadlineAt = performance.now() + 30_000;
  const asked = Array.from({ length: 4 }, () => Object.values(callers))
    .flat()
    .map(async (caller) => ({
      caller,
      answer: await gateway.run(query, { caller, context: { deadlineAt } }),
    }));
  shelf.open();
  for (const { caller, answer } of await Promise.all(asked)) assertSees(caller, answer);
});

test('no subgraph is asked for what its caller may not see', async () => {
  await using gateway = await TestEngine.over(library);
  for (const caller of [callers['with both scopes'], callers.anonymous, callers['signed in']]) {
    gateway.requests.splice(0);
    await gateway.run(query, { caller });
    const bodies = gateway.requests.map(({ body }) => body).join('\n');
    assert.equal(/\bsecret\b/.test(bodies), caller.isAuthenticated);
    assert.equal(/\bhidden\b/.test(bodies), caller.scopes.has('read:hidden'));
    assert.equal(/\bprice\b/.test(bodies), caller.scopes.has('read:price'));
  }
});

test('who may see nothing of an operation is told so, and nothing is asked', async () => {
  await using gateway = await TestEngine.over(library);
  const answer = await gateway.run('{ hidden }', { caller: signedIn() });
  assert.deepEqual([answer.data, codesOf(answer)], [{ hidden: null }, ['UNAUTHORIZED_FIELD_OR_TYPE']]);
  const stranger = await gateway.run('{ hidden secret }', { caller: anonymous });
  assert.deepEqual(stranger.data, { hidden: null, secret: null });
  assert.deepEqual(gateway.asked(), []);
});

test('a reload takes no right along: the warmed plan of somebody with all rights is nobody else’s', async () => {
  await using gateway = await TestEngine.over(library);
  await gateway.run(query, { caller: callers['with both scopes'] });
  await gateway.engine.reload(gateway.engine.generation.supergraph.sdl.concat('\n# again'));
  assertSees(anonymous, await gateway.run(query, { caller: anonymous }));
  assertSees(callers['with both scopes'], await gateway.run(query, { caller: callers['with both scopes'] }));
});

test('where unauthorized operations are rejected, nothing of them runs, and the same operation runs for whoever may', async () => {
  await using gateway = await TestEngine.over(library, { rejectUnauthorized: true });
  const answer = await gateway.ask('{ whoAmI hidden }', { caller: signedIn() });
  assert.deepEqual(answer.kind === 'refused' && [answer.status, codesOf(answer)], [
    403,
    ['UNAUTHORIZED_FIELD_OR_TYPE'],
  ]);
  assert.deepEqual(gateway.asked(), []);
  const { data } = await gateway.run('{ whoAmI hidden }', { caller: signedIn('read:hidden') });
  assert.deepEqual(data, { whoAmI: 'somebody', hidden: 'the hidden' });
});

async function deferredTo(caller: Caller): Promise<string> {
  await using gateway = await TestEngine.over(library);
  const deferring = '{ book(id: "1") { title ... @defer { price reviews } } }';
  const answer = await gateway.ask(deferring, { caller, acceptsIncremental: true });
  assert.ok(answer.kind === 'incremental');
  let text = '';
  for await (const payload of answer.payloads) text += payload;
  return text;
}

test('a deferred part holds what its caller may see and nothing else', async () => {
  assert.match(await deferredTo(signedIn('read:price')), /"price":10,"reviews":/);
  assert.doesNotMatch(await deferredTo(anonymous), /"price":10/);
});

test('what is denied in a deferred part is null with an error', async () => {
  assert.match(await deferredTo(anonymous), /"price":null.*UNAUTHORIZED_FIELD_OR_TYPE/);
});
