import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOf } from './request-fingerprint.ts';

const body = (variables: string, more = '') => `{"query":"mutation { a }","variables":${variables}${more}}`;
const one = fingerprintOf(body('{"input":{"id":"1","list":[1,2]}}'));

test('what a client writes in another order, or beside its request, makes no other request', () => {
  assert.equal(fingerprintOf(body('{ "input": { "list": [1, 2], "id": "1" } }')), one);
  assert.equal(fingerprintOf(body('{"input":{"id":"1","list":[1,2]}}', ',"operationName":null')), one);
  assert.equal(fingerprintOf(body('{"input":{"id":"1","list":[1,2]}}', ',"extensions":{"a":1}')), one);
});

const others = [
  body('{"input":{"id":"2","list":[1,2]}}'),
  body('{"input":{"id":"1","list":[2,1]}}'),
  body('{"input":{"id":1,"list":[1,2]}}'),
  body('{"input":{"id":"1","list":[1,2],"more":null}}'),
  body('{"input":{"id":"1","list":[1,2]}}', ',"operationName":"Other"'),
  body('{"input":{"id":"1","list":[1,2]}}').replace('{ a }', '{ b }'),
];
for (const other of others) {
  test(`${other} is another request`, () => {
    assert.notEqual(fingerprintOf(other), one);
  });
}
