import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpRequest } from './http-message.ts';
import { clientOf, createContextReader, type ContextOptions } from './request-context.ts';

function requestWith(headers: HttpRequest['headers'], known?: HttpRequest['known']): HttpRequest {
  const request = { method: 'POST', url: '/graphql', headers, body: '', signal: undefined };
  return known === undefined ? request : { ...request, known };
}

function contextOf(headers: HttpRequest['headers'], options: ContextOptions = {}) {
  return createContextReader(options).contextOf(requestWith(headers), 'id');
}

test('keeps a safe correlation id and replaces any other by one that is never given twice', () => {
  const { correlationIdOf } = createContextReader({});
  const given = (id: string) => correlationIdOf(requestWith({ 'x-correlation-id': id }));
  assert.equal(given('client-id_1'), 'client-id_1');
  const made = ['no id', 'a\r\nb', '', 'x'.repeat(65), '{}'].map(given);
  for (const id of made) assert.match(id, /^[0-9a-f]{16}-[0-9a-z]+$/);
  assert.equal(new Set(made).size, made.length);
  const other = createContextReader({}).correlationIdOf(requestWith({}));
  assert.notEqual(other.split('-')[0], made[0]?.split('-')[0]);
});

for (const [given, least, most] of [
  ['0', 0, 0],
  ['1500', 1_400, 1_500],
  ['999999', 29_000, 30_000],
  [undefined, 4_900, 5_000],
  ['', 4_900, 5_000],
  ['-1', 4_900, 5_000],
  ['1e9', 4_900, 5_000],
  ['Infinity', 4_900, 5_000],
] as const) {
  test(`a deadline of ${JSON.stringify(given)} ms leaves from ${least} to ${most} ms`, () => {
    const now = performance.now();
    const { deadlineAt } = contextOf({ 'x-deadline-ms': given });
    assert.ok(deadlineAt - now >= least, String(deadlineAt - now));
    assert.ok(deadlineAt - performance.now() <= most, String(deadlineAt - now));
  });
}

test('passes on a valid trace, drops any other, and begins one only where asked to', () => {
  const valid = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const traceOf = (traceparent: string | undefined, options?: ContextOptions) =>
    contextOf({ traceparent }, options).tracingHeaders.find(([name]) => name === 'traceparent')?.[1];
  assert.equal(traceOf(valid), valid);
  for (const invalid of [
    undefined,
    'nonsense',
    valid.toUpperCase(),
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`,
  ]) {
    assert.equal(traceOf(invalid), undefined, String(invalid));
    const made = Array.from({ length: 300 }, () => traceOf(invalid, { makeTraceparent: true }) ?? '');
    for (const trace of made) assert.match(trace, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(new Set(made).size, made.length);
  }
});

test('only the authorization goes to subgraphs, unless more is named', () => {
  const headers = { authorization: 'Bearer t', cookie: 'a=b', 'x-tenant': 'blue', host: 'h' };
  assert.deepEqual(contextOf(headers).headers, [['authorization', 'Bearer t']]);
  assert.deepEqual(contextOf(headers, { forwardHeaders: ['Cookie', 'x-absent'] }).headers, [
    ['cookie', 'a=b'],
  ]);
  assert.throws(() => createContextReader({ forwardHeaders: ['Host'] }), /host/);
});

test('what the server around has decided counts', () => {
  const reader = createContextReader({});
  const request = requestWith(
    { 'x-correlation-id': 'theirs', 'x-deadline-ms': '1' },
    { correlationId: 'ours', deadlineAt: 42 },
  );
  assert.equal(reader.correlationIdOf(request), 'ours');
  assert.equal(reader.contextOf(request, 'ours').deadlineAt, 42);
});

test('reads who the client says it is, by either name and cut to a length', () => {
  assert.equal(clientOf({}), undefined);
  assert.deepEqual(clientOf({ 'x-client-name': 'ios' }), { name: 'ios', version: '' });
  const long = clientOf({
    'apollographql-client-name': 'n'.repeat(500),
    'apollographql-client-version': '1',
  });
  assert.deepEqual(long, { name: 'n'.repeat(64), version: '1' });
});
