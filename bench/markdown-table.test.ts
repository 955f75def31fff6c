import { test } from 'node:test';
import assert from 'node:assert/strict';
import { figure, markdownTable } from './markdown-table.ts';

test('names stand left and figures right, under a head', () => {
  assert.equal(
    markdownTable(
      ['process', '10/s', '75/s'],
      [
        ['bank', 12.34, 1234.5],
        ['a longer name', 0.5, undefined],
      ],
    ),
    [
      '| process       | 10/s | 75/s |',
      '| ------------- | ---: | ---: |',
      '| bank          | 12.3 | 1235 |',
      '| a longer name | 0.50 |    – |',
    ].join('\n'),
  );
});

test('a bar in a name does not end its cell', () => {
  assert.match(markdownTable(['a'], [['x|y']]), /^\| x\\\|y \|$/m);
});

test('figures have three digits, and whole ones no more than they have', () => {
  assert.deepEqual([0, 5, 0.456, 4.567, 45.67, 456.7, -4.567].map(figure), [
    '0',
    '5',
    '0.46',
    '4.57',
    '45.7',
    '457',
    '-4.57',
  ]);
});
