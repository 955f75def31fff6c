import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginning, createCursors } from './cursor.ts';

const cursors = createCursors('a secret of the test');
const underway = { sequence: 17, final: false };
const scope = { field: 'orderUpdated', key: 'order-1' };

test('reads back the sequence number that it sealed', () => {
  assert.deepEqual(cursors.open(scope, cursors.seal(scope, underway)), underway);
  const done = { sequence: 18, final: true };
  assert.deepEqual(cursors.open(scope, cursors.seal(scope, done)), done);
});

test('reads back the digest of a state that it sealed, and takes no cursor of an event for one', () => {
  const digest = 'AZaz09_-AZaz09_-';
  const cursor = cursors.sealState(scope, digest);
  assert.equal(cursors.openState(scope, cursor), digest);
  assert.equal(cursors.openState({ ...scope, key: 'order-2' }, cursor), undefined);
  assert.equal(cursors.openState(scope, `B${cursor.slice(1)}`), undefined);
  assert.equal(cursors.openState(scope, cursors.seal(scope, underway)), undefined);
  assert.equal(cursors.open(scope, cursor), undefined);
  assert.equal(cursors.openState(scope, beginning), '');
});

test('refuses the cursor of another order, another field and another secret', () => {
  const cursor = cursors.seal(scope, underway);
  assert.equal(cursors.open({ ...scope, key: 'order-2' }, cursor), undefined);
  assert.equal(cursors.open({ ...scope, field: 'accountUpdated' }, cursor), undefined);
  assert.equal(createCursors('another secret').open(scope, cursor), undefined);
});

test('refuses a cursor whose sequence number was changed', () => {
  const [, signature] = cursors.seal(scope, underway).split('.');
  assert.equal(cursors.open(scope, `18.${signature}`), undefined);
  assert.equal(cursors.open(scope, `17f.${signature}`), undefined, 'nor may anybody claim to be done');
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
  assert.deepEqual(cursors.open(scope, beginning), { sequence: 0, final: false });
});
