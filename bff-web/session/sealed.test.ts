// What is sealed is read by nobody who lacks the id, the secret or the purpose, and nobody can change it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeal, hashOf, idPattern, newId } from './sealed.ts';

const secret = 'a secret of the test';
const { seal, open } = createSeal<{ access: string }>(secret, 'tokens');

test('opens what was sealed with the same id', () => {
  const id = newId();
  assert.deepEqual(open(id, seal(id, { access: 'eyJ' })), { access: 'eyJ' });
});

test('shows nothing of it, and never the same bytes twice', () => {
  const id = newId();
  const [first, second] = [seal(id, { access: 'eyJ' }), seal(id, { access: 'eyJ' })];
  assert(!first.includes('eyJ'));
  assert.notDeepEqual(first, second);
});

test('opens nothing for another id, purpose or secret', () => {
  const id = newId();
  const sealed = seal(id, { access: 'eyJ' });
  assert.equal(open(newId(), sealed), undefined);
  assert.equal(createSeal(secret, 'checks').open(id, sealed), undefined);
  assert.equal(createSeal('another secret', 'tokens').open(id, sealed), undefined);
});

test('opens nothing in which one bit is another, and nothing that is cut short', () => {
  const id = newId();
  const sealed = seal(id, { access: 'eyJ' });
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.equal(open(id, changed), undefined, `byte ${index}`);
    assert.equal(open(id, sealed.subarray(0, index)), undefined, `${index} bytes`);
  }
});

test('ids are 256 bits, and a database knows another value', () => {
  const id = newId();
  assert.match(id, idPattern);
  assert.equal(Buffer.from(id, 'base64url').length, 32);
  assert.notEqual(id, newId());
  assert.equal(hashOf(id).length, 32);
  assert.notDeepEqual(hashOf(id), Buffer.from(id, 'base64url'));
});
