// A log that a subgraph in trouble does not fill.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logSeldom, type SeldomReport } from './log-seldom.ts';

test('equal reports within a second are one line, the next one says how many were left out', () => {
  const lines: SeldomReport[] = [];
  let now = 0;
  const report = logSeldom(
    (line) => lines.push(line),
    () => now,
  );
  const down = { subgraph: 'shelf', url: 'http://shelf/', reason: 'refused' };
  for (let index = 0; index < 10; index++) report(down);
  report({ ...down, subgraph: 'critics' });
  report({ ...down, reason: 'reset' });
  now = 1_001;
  report(down);
  assert.deepEqual(
    lines.map(({ subgraph, reason, leftOut }) => [subgraph, reason, leftOut]),
    [
      ['shelf', 'refused', 0],
      ['critics', 'refused', 0],
      ['shelf', 'reset', 0],
      ['shelf', 'refused', 9],
    ],
  );
});
