import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executedStatus, frontStatus, refusedStatus, type StatusEdition } from './choose-status.ts';
import { malformed, notUnderstood } from './http-refused.ts';
import type { Media } from './negotiate-media.ts';
import { persistedQueryNotFound } from './persisted-queries.ts';

/** One row an outcome; columns: edition and media type. */
const columns: [StatusEdition, Media][] = [
  ['2023', 'json'],
  ['2023', 'graphql'],
  ['2026', 'json'],
  ['2026', 'graphql'],
];

const table: [what: string, statuses: number[], status: (edition: StatusEdition, media: Media) => number][] =
  [
    ['data without errors', [200, 200, 200, 200], (edition, media) => executedStatus(edition, media, false)],
    ['data with errors', [200, 200, 200, 294], (edition, media) => executedStatus(edition, media, true)],
    ['a document that does not parse', [200, 400, 400, 400], refusedWith(400, 'GRAPHQL_PARSE_FAILED')],
    ['a document that does not fit', [200, 400, 422, 422], refusedWith(400, 'GRAPHQL_VALIDATION_FAILED')],
    ['variables that do not fit', [200, 400, 422, 422], refusedWith(400, 'BAD_USER_INPUT')],
    ['an operation that is not named', [200, 400, 422, 422], refusedWith(400, 'OPERATION_NOT_SUPPORTED')],
    ['an operation that is too complex', [200, 400, 422, 422], refusedWith(400, 'QUERY_TOO_COMPLEX')],
    ['a mutation by GET', [405, 405, 405, 405], refusedWith(405, 'OPERATION_NOT_SUPPORTED')],
    ['a bug of the engine', [500, 500, 500, 500], refusedWith(500, 'INTERNAL_ERROR')],
    [
      'JSON that does not parse',
      [400, 400, 400, 400],
      (edition, media) => frontStatus(edition, media, notUnderstood('')),
    ],
    ['a missing query', [400, 400, 422, 422], (edition, media) => frontStatus(edition, media, malformed(''))],
    [
      'an unknown hash',
      [200, 400, 400, 400],
      (edition, media) => frontStatus(edition, media, persistedQueryNotFound()),
    ],
  ];

function refusedWith(status: number, code: string) {
  return (edition: StatusEdition, media: Media) => refusedStatus(edition, media, status, code);
}

for (const [what, statuses, status] of table) {
  test(`${what}: ${statuses.join(', ')}`, () => {
    assert.deepEqual(
      columns.map(([edition, media]) => status(edition, media)),
      statuses,
    );
  });
}
