import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { findDifference, findLie, type Answer } from './compare.ts';

const answer = (data: Answer['data'], ...paths: (string | number)[][]): Answer => ({
  data,
  errors: paths.map((path) => ({ message: 'any', path })),
});

test('the order of keys is part of an answer', () => {
  equal(findDifference(answer({ a: 1, b: 2 }), answer({ b: 2, a: 1 })), 'data');
});

test('messages of errors are not, and neither is how many errors led to one null', () => {
  const data = { list: [null, { a: 1 }] };
  const expected = answer(data, ['list', 0, 'a']);
  equal(findDifference(expected, answer(data, ['list', 0, 'a'], ['list', 0, 'b'])), undefined);
  equal(findDifference(expected, answer(data, ['list'])), 'errors');
  equal(findDifference(expected, answer(data)), 'errors');
});

test('which places of an error are shown is left open where there are more than are shown', () => {
  const nulls = { list: Array.from({ length: 102 }, () => null) };
  const shown = (from: number, count: number) =>
    answer(nulls, ...Array.from({ length: count }, (_, index) => ['list', from + index]));
  equal(findDifference(shown(0, 100), shown(2, 100)), undefined);
  equal(findDifference(shown(0, 99), shown(2, 99)), 'errors');
  const whole = answer({ list: Array.from({ length: 102 }, () => 1) });
  equal(
    findLie(whole, shown(0, 100), () => false),
    undefined,
  );
  equal(findLie(whole, shown(0, 99), () => false)?.lie, undefined);
});

test('a partial answer may hold nulls that an error of the same object explains', () => {
  const whole = answer({ a: { b: 1, c: 2 } });
  const nothing = () => false;
  equal(findLie(whole, answer({ a: { b: 1, c: null } }, ['a', 'hidden']), nothing), undefined);
  deepEqual(findLie(whole, answer({ a: { b: 1, c: null } }), nothing), {
    lie: 'unexplained null',
    path: ['a', 'c'],
  });
});

test('a partial answer holds no other value and no other keys', () => {
  const whole = answer({ a: { b: 1, c: [1] } });
  const lieOf = (data: Answer['data']) => findLie(whole, answer(data, ['a']), () => false)?.lie;
  equal(lieOf({ a: { b: 2, c: [1] } }), 'another value');
  equal(lieOf({ a: { b: 1, c: [1, 2] } }), 'another value');
  equal(lieOf({ a: { c: [1], b: 1 } }), 'other keys');
  equal(lieOf({ a: null }), undefined);
});
