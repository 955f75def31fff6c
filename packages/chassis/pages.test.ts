import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPageSize, pageCursor, pageOf, pagePlace } from './pages.ts';

const place = { at: new Date('2026-11-22T12:00:00.000Z'), id: 'n-1' };
const encoded = (text: string) => Buffer.from(text).toString('base64url');

test('reads back the cursor that it made', () => {
  assert.deepEqual(pagePlace('cus-1', pageCursor('cus-1', place)), place);
});

for (const [what, cursor] of [
  ['nothing', ''],
  ['no cursor', 'x'],
  ["another owner's", pageCursor('cus-2', place)],
  ['no time', encoded('no-time:n-1:cus-1')],
  ['a time beyond what Postgres holds', encoded('999999999999999:n-1:cus-1')],
] as const) {
  test(`refuses ${what}`, () => {
    assert.equal(pagePlace('cus-1', cursor), undefined);
  });
}

test('answers the items asked for, and says by one more whether there is a next page', () => {
  const cursorOf = (item: string) => `after ${item}`;
  assert.deepEqual(pageOf(['a', 'b', 'c'], 2, cursorOf), {
    nodes: ['a', 'b'],
    edges: [
      { node: 'a', cursor: 'after a' },
      { node: 'b', cursor: 'after b' },
    ],
    pageInfo: { hasNextPage: true, endCursor: 'after b' },
  });
  assert.deepEqual(pageOf(['a'], 2, cursorOf).pageInfo, { hasNextPage: false, endCursor: 'after a' });
  assert.deepEqual(pageOf([], 2, cursorOf).pageInfo, { hasNextPage: false, endCursor: null });
});

test('takes pages of 1 to 100', () => {
  assert.deepEqual([0, 1, 100, 101].map(isPageSize), [false, true, true, false]);
});
