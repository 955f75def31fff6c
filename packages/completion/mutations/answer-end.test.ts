import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerEndOf } from './answer-end.ts';

const coded = (...codes: readonly string[]) => codes.map((code) => ({ message: '', extensions: { code } }));
const ends: readonly (readonly [end: string, answer: unknown, status?: number])[] = [
  ['final', { data: { placeOrder: { order: { id: '1' } } } }],
  ['final', { data: { note: '"errors"' } }],
  ['final', { data: null, errors: coded('INSUFFICIENT_CASH') }],
  ['final', { data: { placeOrder: null }, errors: coded('FORBIDDEN', 'UNAUTHORIZED_FIELD_OR_TYPE') }],
  ['passing', { data: null, errors: coded('SERVICE_UNAVAILABLE') }],
  ['passing', { data: { placeOrder: { fees: null } }, errors: coded('FORBIDDEN', 'DEADLINE_EXCEEDED') }],
  ['passing', { data: null, errors: coded('UNAUTHENTICATED') }],
  ['passing', { data: null, errors: [{ message: 'no code' }] }],
  ['passing', { errors: coded('SERVICE_UNAVAILABLE') }],
  ['passing', null],
  ['refused', { errors: coded('GRAPHQL_VALIDATION_FAILED') }],
  ['refused', { errors: coded('BAD_USER_INPUT') }],
  ['refused', { errors: coded('GRAPHQL_VALIDATION_FAILED') }, 400],
  ['refused', { code: 'BAD_REQUEST', status: 415 }, 415],
  ['passing', { code: 'SERVICE_UNAVAILABLE', status: 503 }, 503],
  ['passing', { code: 'RATE_LIMITED', status: 429 }, 429],
  ['passing', {}, 502],
  ['passing', { errors: coded('BAD_REQUEST') }, 500],
  ['final', { data: null, errors: coded('INSUFFICIENT_CASH') }, 500],
];
for (const [end, answer, status = 200] of ends) {
  test(`${status} ${JSON.stringify(answer)} is ${end}`, () => {
    assert.equal(answerEndOf({ status, text: JSON.stringify(answer) }), end);
  });
}

test('half an answer is passing', () => {
  assert.equal(answerEndOf({ status: 200, text: '{"data":{"pla' }), 'passing');
});
