import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMutation, operationKindOf } from './operation-kind.ts';

const body = (query: unknown, operationName?: unknown) => JSON.stringify({ query, operationName });
const both = 'query Q { a } mutation M { b }';

const kinds: readonly (readonly [body: string, kind: string | undefined])[] = [
  [body('{ a }'), 'query'],
  [body('mutation { b }'), 'mutation'],
  [body(both, 'Q'), 'query'],
  [body(both, 'M'), 'mutation'],
  // The gateway takes the empty name for none.
  [body('mutation { b }', ''), 'mutation'],
  [body('mutation M { b }', 'Other'), 'mutation'],
  [body(both), 'mutation'],
  [String.raw`{"query":"mutatio\u006e { b }"}`, 'mutation'],
  [body('{'), undefined],
  [body(undefined), undefined],
  ['mutation', undefined],
  ['[{"query":"mutation { b }"}]', undefined],
];
for (const [given, kind] of kinds) {
  test(`${given} asks for ${kind ?? 'nothing'}`, () => {
    assert.equal(operationKindOf(given), kind);
    assert.equal(isMutation(given), kind === 'mutation');
  });
}

test('a field or a text of that name makes no mutation', () => {
  assert.equal(isMutation(body('{ mutation(kind: "mutation") }')), false);
});
