// What counts as an answer of a subgraph, and what its errors lose on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpretAnswer } from './interpret-answer.ts';

function read(answer: unknown, status = 200): ReturnType<typeof interpretAnswer> {
  return interpretAnswer(status, typeof answer === 'string' ? answer : JSON.stringify(answer));
}

test('a GraphQL result is an answer with any status but a redirect', () => {
  for (const status of [200, 201, 400, 401, 500, 503]) {
    assert.deepEqual(read({ data: { a: 1 } }, status), { data: { a: 1 }, errors: [] });
    const refused = { errors: [{ message: 'no', extensions: { code: 'X' } }] };
    assert.deepEqual(read(refused, status), { data: null, ...refused });
  }
  assert.ok('notAnswered' in read({ data: { a: 1 } }, 302));
});

test('what is no GraphQL result is no answer', () => {
  for (const text of [
    '',
    '<html>',
    '{"data":{"a":1',
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"data":null}',
    '{"data":null,"errors":[]}',
    '{"data":null,"errors":null}',
    '{"data":[]}',
    '{"data":"x"}',
    '{"data":false}',
    '{"data":1,"errors":[{"message":"x"}]}',
  ]) {
    assert.ok('notAnswered' in read(text), text);
  }
});

test('errors pass with message, path and extensions, without locations and what is private', () => {
  const extensions = {
    code: 'X',
    serviceName: 's',
    stacktrace: ['at x'],
    exception: { a: 1 },
    hint: { b: 2 },
  };
  const error = {
    message: 'm',
    path: ['a', 0, 'b'],
    locations: [{ line: 1, column: 2 }],
    extensions,
    more: 1,
  };
  assert.deepEqual(read({ data: null, errors: [error] }), {
    data: null,
    errors: [{ message: 'm', path: ['a', 0, 'b'], extensions: { code: 'X', hint: { b: 2 } } }],
  });
});

test('errors that are none get a safe message', () => {
  const safe = { message: 'A service reported an error without a message.' };
  for (const errors of [
    [null],
    ['x'],
    [1],
    [{}],
    [{ message: 5, path: 'a', extensions: [] }],
    'x',
    { message: 7 },
  ]) {
    assert.deepEqual(read({ data: { a: 1 }, errors }), { data: { a: 1 }, errors: [safe] });
  }
  assert.deepEqual(read({ errors: [{ message: '', path: [null] }] }), {
    data: null,
    errors: [{ message: '' }],
  });
});

test('of very many errors some are passed on, of those that name no place a few', () => {
  const errors = [
    ...Array.from({ length: 20 }, () => ({ message: 'x' })),
    ...Array.from({ length: 5_000 }, (_, index) => ({ message: 'y', path: ['list', index] })),
  ];
  const answer = interpretAnswer(200, JSON.stringify({ data: null, errors }));
  assert.ok('errors' in answer);
  assert.equal(answer.errors.filter(({ path }) => path === undefined).length, 10);
  assert.equal(answer.errors.length, 10 + 1_000 - 20);
});

test('a byte order mark is skipped', () => {
  assert.deepEqual(read('\ufeff{"data":{"a":1}}'), { data: { a: 1 }, errors: [] });
});

test('the names of prototypes are names like others', () => {
  const answer = read(
    '{"data":{"__proto__":{"a":1}},"errors":[{"message":"m","extensions":{"__proto__":{"b":1}}}]}',
  );
  assert.ok('data' in answer && answer.data !== null);
  assert.deepEqual(Object.keys(answer.data), ['__proto__']);
  assert.equal(Object.getPrototypeOf(answer.data), Object.prototype);
  assert.equal(Object.getPrototypeOf(answer.errors[0]?.extensions), Object.prototype);
});

test('each call gives objects of its own', () => {
  const text = '{"data":{"a":{}},"errors":[{"message":"m"}]}';
  const first = read(text);
  const second = read(text);
  assert.ok('data' in first && 'data' in second && first.data !== null);
  first.data['a'] = 'changed';
  assert.deepEqual(second.data, { a: {} });
  assert.notEqual(first.errors[0], second.errors[0]);
});
