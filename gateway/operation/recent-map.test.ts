import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentMap } from './recent-map.ts';

test('drops what was used longest ago when there are too many', () => {
  const dropped: number[] = [];
  const map = new RecentMap<number>({ mostEntries: 2 }, (value) => dropped.push(value));
  map.set('a', 1);
  map.set('b', 2);
  map.get('a');
  map.set('c', 3);
  assert.deepEqual(
    [...map.entries()],
    [
      ['a', 1],
      ['c', 3],
    ],
  );
  assert.deepEqual(dropped, [2]);
});

test('drops as many as a large one needs', () => {
  const map = new RecentMap<string>({ mostEntries: 10, mostSize: 10 });
  map.set('a', 'a', 4);
  map.set('b', 'b', 4);
  map.set('c', 'c', 8);
  assert.deepEqual([...map.entries()], [['c', 'c']]);
  map.set('d', 'd', 11);
  assert.equal(map.count, 0);
});

test('counts a value that is set again once', () => {
  const map = new RecentMap<string>({ mostEntries: 10, mostSize: 10 });
  map.set('a', 'a', 6);
  map.set('a', 'b', 6);
  assert.equal(map.get('a'), 'b');
  assert.equal(map.count, 1);
});
