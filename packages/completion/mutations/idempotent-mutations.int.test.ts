// Mutations that come again under their key, at two replicas of a BFF on a real database.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { answerJson, bankClient, until } from '@simplebank/testkit';
import { createClient } from 'graphql-ws';
import { counting, openIdempotentBffs } from './idempotency.fixture.ts';
import { createIdempotencyStore } from './idempotency-store.ts';

const setLease = sql(
  'test.lease',
  `update idempotent_mutation set answer = null, owner = $1, lease_expires_at = now() + $2 * interval '1 second'`,
);
const grow = sql(
  'test.age',
  `update idempotent_mutation set begun_at = begun_at - interval '1 day' where key = $1`,
);
const keys = sql('test.keys', 'select key from idempotent_mutation order by key');

test('a hundred equal mutations at once at two replicas are carried out once and answered alike', async () => {
  const answer = counting();
  await using bffs = await openIdempotentBffs((request, response) => {
    setTimeout(() => void answer(request, response), 100);
  });
  const key = randomUUID();
  const sent = Array.from({ length: 100 }, (_, index) =>
    bffs.send({ key, replica: index % 2 === 0 ? 0 : 1 }),
  );
  const answers = await Promise.all(sent);
  assert.deepEqual(
    [...new Set(answers.map(({ status, text }) => `${status} ${text}`))],
    ['200 {"data":{"add":1}}'],
  );
  assert.equal(bffs.gateway.requests.length, 1);
  assert.equal(bffs.gateway.requests[0]?.headers['idempotency-key'], key);
});

test('a mutation without a key, or with one that is none, is refused before anything is asked', async () => {
  await using bffs = await openIdempotentBffs();
  const missing = await bffs.send({ key: null });
  assert.deepEqual([missing.status, missing.code], [400, 'IDEMPOTENCY_KEY_MISSING']);
  const invalid = await bffs.send({ key: 'two words' });
  assert.deepEqual([invalid.status, invalid.code], [400, 'IDEMPOTENCY_KEY_INVALID']);
  assert.equal(bffs.gateway.requests.length, 0);
  assert.equal((await bffs.send({ query: '{ n }', key: null })).status, 200);
});

test('a key is of one customer and one request', async () => {
  await using bffs = await openIdempotentBffs();
  const first = await bffs.send({ key: 'k', variables: { n: 1 } });
  assert.deepEqual(await bffs.send({ key: '"k"', variables: { n: 1 }, replica: 1 }), first);
  const other = await bffs.send({ key: 'k', variables: { n: 2 }, replica: 1 });
  assert.deepEqual([other.status, other.code], [422, 'IDEMPOTENCY_KEY_REUSED']);
  const hers = await bffs.send({ key: 'k', variables: { n: 2 }, content: { customerId: 'cus-grace' } });
  assert.equal(hers.text, '{"data":{"add":2}}');
});

test('who waits for one that does not end is told to come back, and then gets its answer', async () => {
  let finish = (): void => undefined;
  await using bffs = await openIdempotentBffs((_request, response) => {
    finish = () => answerJson(response, { data: { add: 1 } });
  });
  const first = bffs.send({ key: 'k' });
  await until('it is under way', () => bffs.gateway.requests.length === 1);
  const startedAt = performance.now();
  const told = await bffs.send({ key: 'k', replica: 1 });
  assert.deepEqual([told.status, told.code, told.retryAfter], [409, 'IDEMPOTENCY_KEY_IN_FLIGHT', '1']);
  assert.ok(performance.now() - startedAt > 1_900);
  assert.match(told.text, /"retryable":true/);
  finish();
  const { text } = await first;
  assert.equal((await bffs.send({ key: 'k', replica: 1 })).text, text);
  assert.equal(bffs.gateway.requests.length, 1);
});

test('what failed for a passing reason is carried out anew, under the same key for the same request only', async () => {
  const failures = [503, 'late', 'dropped'];
  const answer = counting();
  await using bffs = await openIdempotentBffs((request, response) => {
    const failure = failures.shift();
    const errors = [{ message: '', extensions: { code: 'SERVICE_UNAVAILABLE' } }];
    if (failure === 503) answerJson(response, { errors }, 503);
    else if (failure === 'late') answerJson(response, { data: { add: null }, errors });
    else if (failure === 'dropped') response.destroy();
    else void answer(request, response);
  });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    assert.equal((await bffs.send({ key: 'k' })).code, 'SERVICE_UNAVAILABLE');
    assert.equal((await bffs.send({ key: 'k', variables: { n: 1 } })).code, 'IDEMPOTENCY_KEY_REUSED');
  }
  const answered = await bffs.send({ key: 'k', replica: 1 });
  assert.equal(answered.text, '{"data":{"add":1}}');
  assert.deepEqual(await bffs.send({ key: 'k' }), answered);
  assert.equal(bffs.gateway.requests.length, 4);
});

test('what was refused before it was run leaves its key free', async () => {
  const errors = [{ message: '', extensions: { code: 'BAD_USER_INPUT' } }];
  await using bffs = await openIdempotentBffs((request, response) =>
    request.body.includes('"n":7')
      ? answerJson(response, { data: { add: 7 } })
      : answerJson(response, { errors }, 400),
  );
  assert.equal((await bffs.send({ key: 'k', variables: { n: 'seven' } })).code, 'BAD_USER_INPUT');
  assert.equal((await bffs.send({ key: 'k', variables: { n: 7 } })).text, '{"data":{"add":7}}');
});

test('a replica that was killed in the middle is waited for until its lease ends; then another carries on', async () => {
  await using bffs = await openIdempotentBffs();
  await bffs.send({ key: 'k' });
  await bffs.db.query(setLease, [randomUUID(), 60]);
  assert.equal((await bffs.send({ key: 'k', replica: 1 })).code, 'IDEMPOTENCY_KEY_IN_FLIGHT');
  await bffs.db.query(setLease, [randomUUID(), 1]);
  assert.equal((await bffs.send({ key: 'k', replica: 1 })).text, '{"data":{"add":2}}');
});

test('other rights than those of whoever was answered see only what the gateway says of them', async () => {
  await using bffs = await openIdempotentBffs();
  const first = await bffs.send({ key: 'k' });
  const narrow = await bffs.send({ key: 'k', content: { scopes: ['orders:write'] } });
  assert.equal(narrow.text, '{"data":{"add":2}}');
  assert.deepEqual(await bffs.send({ key: 'k' }), first);
});

test('over a socket the key is in the extensions, and HTTP knows the answer too', async () => {
  await using bffs = await openIdempotentBffs();
  const client = createClient({
    url: `${bffs.replicas[0].url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${bffs.tokenOf()}` },
  });
  const ask = (extensions: Record<string, unknown>) =>
    Array.fromAsync(client.iterate({ query: 'mutation { add }', extensions }));
  const [first] = await ask({ idempotencyKey: 'k' });
  assert.deepEqual(first?.data, { add: 1 });
  assert.deepEqual(await ask({ idempotencyKey: 'k' }), [first]);
  assert.equal(
    (await bffs.send({ key: 'k', query: 'mutation { add }', replica: 1 })).text,
    '{"data":{"add":1}}',
  );
  const [missing] = await ask({});
  assert.equal(missing?.errors?.[0]?.extensions?.['code'], 'IDEMPOTENCY_KEY_MISSING');
  await client.dispose();
});

test('over a stream the header counts as in any other POST', async () => {
  await using bffs = await openIdempotentBffs();
  const stream = async (key: string) => {
    const response = await fetch(`${bffs.replicas[0].url}/graphql/stream`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${bffs.tokenOf()}`,
        'idempotency-key': key,
      },
      body: JSON.stringify({ query: 'mutation { add }' }),
    });
    return { status: response.status, text: await response.text() };
  };
  const first = await stream('k');
  assert.match(first.text, /"add":1/);
  assert.deepEqual(await stream('k'), first);
  assert.equal(bffs.gateway.requests[0]?.headers['idempotency-key'], 'k');
  const invalid = await stream('two words');
  assert.equal(invalid.status, 400);
  assert.match(invalid.text, /"IDEMPOTENCY_KEY_INVALID"/);
});

test('a consistency token comes with the answer, again with its repeat, and over a socket in its extensions', async () => {
  const answer = counting();
  await using bffs = await openIdempotentBffs((request, response) => {
    response.setHeader('x-consistency', 'orders=7');
    void answer(request, response);
  });
  const first = await bffs.send({ key: 'k', query: 'mutation { add }' });
  assert.equal(first.consistency, 'orders=7');
  assert.deepEqual(await bffs.send({ key: 'k', query: 'mutation { add }', replica: 1 }), first);
  const client = createClient({
    url: `${bffs.replicas[1].url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${bffs.tokenOf()}` },
  });
  const extensions = { idempotencyKey: 'k', consistency: 'orders=9' };
  const [repeat] = await Array.fromAsync(client.iterate({ query: 'mutation { add }', extensions }));
  assert.deepEqual(repeat, { data: { add: 1 }, extensions: { consistency: 'orders=7' } });
  await Array.fromAsync(client.iterate({ query: '{ n }', extensions }));
  assert.equal(bffs.gateway.requests.at(-1)?.headers['x-consistency'], 'orders=9');
  await client.dispose();
});

test('a client that makes a key for each request needs not think of it', async () => {
  await using bffs = await openIdempotentBffs();
  const client = bankClient({ bffUrl: bffs.replicas[0].url, token: bffs.tokenOf() });
  assert.deepEqual(await client.data('mutation { add }'), { add: 1 });
  assert.deepEqual(await client.data('mutation { add }'), { add: 2 });
  await client.close();
});

test('old keys go, a few at a time', async () => {
  await using bffs = await openIdempotentBffs();
  for (const key of ['a', 'b', 'c']) await bffs.send({ key });
  const store = createIdempotencyStore(bffs.db);
  for (const key of ['a', 'b']) await bffs.db.query(grow, [key]);
  const hourMs = 60 * 60 * 1_000;
  assert.equal(await store.trim(hourMs, 1), 1);
  assert.equal(await store.trim(hourMs, 10), 1);
  assert.deepEqual(await bffs.db.query(keys), [{ key: 'c' }]);
});
