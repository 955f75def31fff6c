// Finds what is equal and only that, also when fingerprints meet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fingerprintOf } from './fingerprint.ts';
import type { HeaderLines } from './header-lines.ts';
import { InFlight, type Shareable } from './in-flight.ts';

function linesOf(equalityText: string): HeaderLines {
  return { text: equalityText, equalityText, fingerprint: fingerprintOf(equalityText, 0), pairs: () => [] };
}

function fetchOf(body: string, headers: string, fingerprint = 1): Shareable {
  return { body, lines: linesOf(headers), fingerprint, nextInFlight: undefined };
}

test('finds the one with equal headers and body among those of one fingerprint', () => {
  const inFlight = new InFlight<Shareable>();
  const fetches = [fetchOf('a', 'h'), fetchOf('b', 'h'), fetchOf('a', 'i')];
  for (const fetch of fetches) inFlight.add(fetch);
  for (const fetch of fetches) assert.equal(inFlight.find(1, fetch.lines, fetch.body), fetch);
  assert.equal(inFlight.find(1, linesOf('i'), 'b'), undefined);
  assert.equal(inFlight.find(2, linesOf('h'), 'a'), undefined);
});

test('forgets what was removed and nothing else, in any order and more than once', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5]), (removed) => {
      const inFlight = new InFlight<Shareable>();
      const fetches = Array.from({ length: 6 }, (_, index) => fetchOf(String(index), 'h', index % 2));
      for (const fetch of fetches) inFlight.add(fetch);
      for (const index of [...removed, ...removed]) inFlight.remove(fetches[index] ?? fetchOf('', ''));
      for (const [index, fetch] of fetches.entries()) {
        const found = inFlight.find(fetch.fingerprint, fetch.lines, fetch.body);
        assert.equal(found, removed.includes(index) ? undefined : fetch);
      }
      assert.equal(inFlight.size, 6 - removed.length);
    }),
  );
});

test('gives different fingerprints to requests that differ in one id', () => {
  const prints = new Set(
    Array.from({ length: 1000 }, (_, id) =>
      fingerprintOf(`{"query":"${'field '.repeat(300)}","variables":{"id":"${id}"}}`, 7),
    ),
  );
  assert.ok(prints.size > 990, `${prints.size} of 1000`);
});
