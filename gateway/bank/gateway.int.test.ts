// The gateway over real HTTP with scripted subgraphs: what it passes on, what it hides, and how faults stay small.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerJson, testIdentity, until, type PeerAnswer } from '@simplebank/testkit';
import { openGateway, shelfAndCritics } from './bank-gateway.fixture.ts';

const document = '{ book(id: "1") { title reviews } }';
const book = { data: { book: { __typename: 'Book', id: '1', title: 'Dune' } } };
const shelfAnswers: PeerAnswer = (_request, response) => answerJson(response, book);
const criticsAnswer: PeerAnswer = (_request, response) =>
  answerJson(response, { data: { _entities: [{ reviews: ['good'] }] } });

const open = (critics: PeerAnswer = criticsAnswer, shelf: PeerAnswer = shelfAnswers) =>
  openGateway({ supergraph: shelfAndCritics, answers: { shelf, critics } });

test('joins what two subgraphs answer', async () => {
  await using gateway = await open();
  const { data, errors } = await gateway.ask(document);
  assert.deepEqual(data, { book: { title: 'Dune', reviews: ['good'] } });
  assert.equal(errors, undefined);
});

test('passes authorization, correlation id, trace and what is left of the deadline on to each subgraph', async () => {
  await using gateway = await open();
  const { errors } = await gateway.ask(document, {
    authorization: `Bearer ${gateway.token}`,
    'x-correlation-id': 'correlation-1',
    'x-deadline-ms': '4000',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
  assert.equal(errors, undefined);
  for (const peer of [gateway.peers.shelf, gateway.peers.critics]) {
    assert.equal(peer.requests.length, 1);
    const headers = peer.requests[0]?.headers ?? {};
    assert.equal(headers.authorization, `Bearer ${gateway.token}`);
    assert.equal(headers['x-correlation-id'], 'correlation-1');
    assert.match(String(headers['traceparent']), /^00-0af7651916cd43dd8448eb211c80319c-/);
    const left = Number(headers['x-deadline-ms']);
    assert.ok(left > 0 && left <= 4000, String(left));
  }
});

test('passes the key of a mutation on, with the aliases that tell its fields apart', async () => {
  await using gateway = await open(criticsAnswer, (_request, response) => answerJson(response, { data: {} }));
  const key = { 'idempotency-key': '"key-1"' };
  await gateway.ask('mutation { one: lend(id: "1") { title } two: lend(id: "1") { title } }', key);
  const { requests } = gateway.peers.shelf;
  assert.deepEqual(
    requests.map(({ headers, body }) => [headers['idempotency-key'], /\b(?:one|two)\b/.exec(body)?.[0]]),
    [
      ['"key-1"', 'one'],
      ['"key-1"', 'two'],
    ],
  );
});

test('tells what a mutation has written, at its newest, and takes that to the subgraphs with queries', async () => {
  let position = 6;
  await using gateway = await open(criticsAnswer, (request, response) => {
    if (request.body.includes('lend')) response.setHeader('x-consistency', `shelf=${(position += 1)}`);
    answerJson(response, request.body.includes('lend') ? { data: {} } : book);
  });
  const { headers } = await gateway.ask(
    'mutation { one: lend(id: "1") { title } two: lend(id: "1") { title } }',
  );
  assert.equal(headers.get('x-consistency'), 'shelf=8');
  const token = { 'x-consistency': 'shelf=8' };
  const read = await gateway.ask(document, token);
  assert.equal(read.headers.get('x-consistency'), null);
  assert.equal(gateway.peers.critics.requests.at(-1)?.headers['x-consistency'], 'shelf=8');
});

test('a query with a consistency token joins no equal one that began without it', async () => {
  const held: (() => void)[] = [];
  await using gateway = await open(criticsAnswer, (_request, response) => {
    held.push(() => answerJson(response, book));
  });
  const asked = '{ book(id: "1") { title } }';
  const older = [gateway.ask(asked), gateway.ask(asked)];
  await until('those without share one', () => held.length === 1);
  const newer = gateway.ask(asked, { 'x-consistency': 'shelf=8' });
  await until('the one with a token has its own', () => held.length === 2);
  for (const answer of held) answer();
  await Promise.all([...older, newer]);
  assert.equal(held.length, 2);
});

const broken: Record<string, PeerAnswer> = {
  'drops the connection': (_request, response) => void response.destroy(),
  'answers HTML': (_request, response) => void response.writeHead(502).end('<html>secret</html>'),
  'answers half a JSON text': (_request, response) => void response.end('{"data":{"_entit'),
  'answers null': (_request, response) => answerJson(response, null),
  'answers neither data nor errors': (_request, response) => answerJson(response, {}),
  'answers errors that are none': (_request, response) => answerJson(response, { errors: ['secret'] }),
};
for (const [what, answer] of Object.entries(broken)) {
  test(`a subgraph that ${what} leaves the rest of the answer, with SERVICE_UNAVAILABLE and a path`, async () => {
    await using gateway = await open(answer);
    const { data, errors, text } = await gateway.ask(document);
    assert.deepEqual(data, { book: { title: 'Dune', reviews: null } });
    assert.equal(errors?.length, 1);
    assert.equal(errors[0]?.extensions['code'], 'SERVICE_UNAVAILABLE');
    assert.deepEqual(errors[0]?.path?.[0], 'book');
    assert.doesNotMatch(text, /secret|serviceName|stacktrace|critics|127\.0\.0\.1/);
  });
}

test('a subgraph that nobody listens for leaves the rest of the answer', async () => {
  await using gateway = await open();
  await gateway.peers.critics[Symbol.asyncDispose]();
  const { data, errors } = await gateway.ask(document);
  assert.deepEqual(data, { book: { title: 'Dune', reviews: null } });
  assert.equal(errors?.[0]?.extensions['code'], 'SERVICE_UNAVAILABLE');
  gateway.peers.critics[Symbol.asyncDispose] = async () => undefined;
});

/** Drops its first request, and answers those after it. */
function droppingOnce(answer: PeerAnswer): PeerAnswer {
  let isFirst = true;
  return (request, response) => {
    if (isFirst) response.destroy();
    else void answer(request, response);
    isFirst = false;
  };
}

test('a query whose answer is lost is asked once more, and the client sees nothing of it', async () => {
  await using gateway = await open(droppingOnce(criticsAnswer), droppingOnce(shelfAnswers));
  const { data, errors } = await gateway.ask(document);
  assert.equal(errors, undefined);
  assert.deepEqual(data, { book: { title: 'Dune', reviews: ['good'] } });
});

test('a mutation whose answer is lost is never sent again', async () => {
  await using gateway = await open(criticsAnswer, droppingOnce(shelfAnswers));
  const { data, errors } = await gateway.ask('mutation { lend(id: "1") { title } }');
  assert.deepEqual(data, { lend: null });
  assert.equal(errors?.[0]?.extensions['code'], 'SERVICE_UNAVAILABLE');
  assert.equal(gateway.peers.shelf.requests.length, 1);
});

test('a subgraph that is too slow is given up at the deadline and sees its request aborted', async () => {
  await using gateway = await open(() => undefined);
  const startedAt = performance.now();
  const { data, errors } = await gateway.ask(document, { 'x-deadline-ms': '300' });
  assert.ok(performance.now() - startedAt < 1_500);
  assert.deepEqual(data, { book: { title: 'Dune', reviews: null } });
  assert.equal(errors?.[0]?.extensions['code'], 'DEADLINE_EXCEEDED');
  await until('the subgraph sees the abort', () => gateway.peers.critics.aborted.length === 1);
});

test('an answer that stops halfway is given up at the deadline too', async () => {
  await using gateway = await open((_request, response) => void response.write('{"data":'));
  const { errors } = await gateway.ask(document, { 'x-deadline-ms': '300' });
  assert.equal(errors?.[0]?.extensions['code'], 'DEADLINE_EXCEEDED');
});

test('with no time left no subgraph is asked', async () => {
  await using gateway = await open();
  const { data, errors } = await gateway.ask(document, { 'x-deadline-ms': '0' });
  assert.deepEqual(data, { book: null });
  assert.equal(errors?.[0]?.extensions['code'], 'DEADLINE_EXCEEDED');
  assert.equal(gateway.peers.shelf.requests.length, 0);
});

test("a subgraph's error passes with its code, message and path, and without the subgraph's name", async () => {
  await using gateway = await open((_request, response) =>
    answerJson(response, {
      data: { _entities: [{ reviews: null }] },
      errors: [
        {
          message: 'You may not see or do this.',
          path: ['_entities', 0, 'reviews'],
          extensions: { code: 'FORBIDDEN', stacktrace: ['at secret.ts'] },
        },
      ],
    }),
  );
  const { data, errors, text } = await gateway.ask(document);
  assert.deepEqual(data, { book: { title: 'Dune', reviews: null } });
  assert.equal(errors?.[0]?.message, 'You may not see or do this.');
  assert.deepEqual(errors[0].path, ['book', 'reviews']);
  assert.deepEqual(errors[0].extensions, { code: 'FORBIDDEN' });
  assert.doesNotMatch(text, /serviceName|stacktrace|secret|critics/);
});

test('an answer of 401 with an error passes as that error', async () => {
  await using gateway = await open((_request, response) =>
    answerJson(response, { errors: [{ message: 'Sign in', extensions: { code: 'UNAUTHENTICATED' } }] }, 401),
  );
  const { errors } = await gateway.ask(document);
  assert.equal(errors?.[0]?.extensions['code'], 'UNAUTHENTICATED');
});

for (const [what, query, code] of [
  ['of more than 2000 tokens', `{ ${'book(id: "1") { title } '.repeat(250)} }`, 'GRAPHQL_PARSE_FAILED'],
  ['that does not parse', '{ book(', 'GRAPHQL_PARSE_FAILED'],
  ['that does not fit the schema', '{ film }', 'GRAPHQL_VALIDATION_FAILED'],
  ['with a subscription', 'subscription { bookChanged { title } }', 'OPERATION_NOT_SUPPORTED'],
  [
    'with two operations, none of them chosen',
    'query A { __typename } query B { __typename }',
    'OPERATION_NOT_SUPPORTED',
  ],
] as const) {
  test(`a document ${what} is refused as ${code}, and no subgraph is asked`, async () => {
    await using gateway = await open();
    const { errors, text } = await gateway.ask(query);
    assert.equal(errors?.[0]?.extensions['code'], code);
    assert.doesNotMatch(text, /stacktrace|node_modules/);
    assert.equal(gateway.peers.shelf.requests.length, 0);
  });
}

test('a forged token is refused before any subgraph is asked', async () => {
  await using gateway = await open();
  await using forger = await testIdentity();
  const forged = forger.tokenFor({ customerId: 'cus-ada', accountIds: [] });
  const { status, errors } = await gateway.ask(document, { authorization: `Bearer ${forged}` });
  assert.equal(status, 401);
  assert.equal(errors?.[0]?.extensions['code'], 'UNAUTHENTICATED');
  assert.equal(gateway.peers.shelf.requests.length, 0);
});

test('a request that a form could send is refused', async () => {
  await using gateway = await open();
  const response = await fetch(`${gateway.url}/graphql?query=${encodeURIComponent(document)}`, {
    headers: { 'content-type': 'text/plain' },
  });
  assert.equal(response.status, 400);
  assert.match(await response.text(), /CSRF_REFUSED/);
  assert.equal(gateway.peers.shelf.requests.length, 0);
});
