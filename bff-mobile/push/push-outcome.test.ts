// What becomes of a push by the answer of its push service.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostAttempts, outcomeOf, pauseMs } from './push-outcome.ts';

for (const [status, kind] of [
  [201, 'sent'],
  [202, 'sent'],
  [404, 'gone'],
  [410, 'gone'],
  [301, 'refused'],
  [400, 'refused'],
  [401, 'refused'],
  [403, 'refused'],
  [413, 'refused'],
  [408, 'later'],
  [429, 'later'],
  [500, 'later'],
  [503, 'later'],
] as const) {
  test(`a push that is answered by ${status} is ${kind}`, () => assert.equal(outcomeOf(status).kind, kind));
}

const now = Date.parse('2026-11-29T12:00:00Z');
for (const [retryAfter, wishMs] of [
  ['120', 120_000],
  ['Sun, 29 Nov 2026 12:00:30 GMT', 30_000],
  ['Sun, 29 Nov 2026 11:00:00 GMT', 0],
  ['999999', 3_600_000],
  ['soon', undefined],
  [undefined, undefined],
] as const) {
  test(`Retry-After ${retryAfter} is a wish for ${wishMs} ms`, () => {
    assert.deepEqual(outcomeOf(429, retryAfter, now), {
      kind: 'later',
      ...(wishMs === undefined ? {} : { wishMs }),
    });
  });
}

test('pauses double up to a quarter of an hour, and are never shorter than the push service wishes', () => {
  assert.deepEqual(
    [1, 2, 3, 10, 11, 12].map((attempts) => pauseMs(attempts)),
    [1_000, 2_000, 4_000, 512_000, 900_000, 900_000],
  );
  assert.equal(pauseMs(1, 5_000), 5_000);
  assert.equal(pauseMs(4, 5_000), 8_000);
});

test('all pauses together are a little over half an hour', () => {
  const pauses = Array.from({ length: mostAttempts - 1 }, (_, index) => pauseMs(index + 1));
  const minutes = pauses.reduce((sum, pause) => sum + pause, 0) / 60_000;
  assert.ok(minutes > 30 && minutes < 40, `${minutes} min`);
});
