import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginning, createCursors } from './cursor.ts';

const cursors = createCursors('a secret of the test');
const scope = { field: 'orderUpdated', key: 'order-1' };

test('reads back the sequence number that it sealed', () => {
  assert.equal(cursors.open(scope, cursors.seal(scope, 17)), 17);
});

test('refuses the cursor of another order, another field and another secret', () => {
  const cursor = cursors.seal(scope, 17);
  assert.equal(cursors.open({ ...scope, key: 'order-2' }, cursor), undefined);
  assert.equal(cursors.open({ ...scope, field: 'accountUpdated' }, cursor), undefined);
  assert.equal(createCursors('another secret').open(scope, cursor), undefined);
});

test('refuses a cursor whose sequence number was changed', () => {
  const [, signature] = cursors.seal(scope, 17).split('.');
  assert.equal(cursors.open(scope, `18.${signature}`), undefined);
});

for (const forged of [
  '',
  '17',
  'x.y',
  '17.',
  '-1.AAAAAAAAAAAAAAAAAAAAAA',
  '17.AAAAAAAAAAAAAAAAAAAAAA',
  `${'9'.repeat(400)}.A`,
]) {
  test(`refuses ${JSON.stringify(forged).slice(0, 40)}`, () => {
    assert.equal(cursors.open(scope, forged), undefined);
  });
}

test('takes the beginning without a signature', () => {
  assert.equal(cursors.open(scope, beginning), 0);
});
