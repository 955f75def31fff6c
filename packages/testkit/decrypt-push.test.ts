// The device's side of Web Push, held to the example of RFC 8291, section 5.
import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { test } from 'node:test';
import { decryptPush } from './decrypt-push.ts';

const auth = Buffer.from('BTBZMqHH6r4Tts7J_aSIgg', 'base64url');
const body = Buffer.from(
  'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
  'base64url',
);

function receiver() {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94', 'base64url');
  return curve;
}

test('decrypts the example of the RFC', () => {
  const text = decryptPush({ curve: receiver(), auth }, body);
  assert.equal(text, 'When I grow up, I want to be a watermelon');
});

test('decrypts nothing with another key, another secret or a changed byte', () => {
  const other = createECDH('prime256v1');
  other.generateKeys();
  const changed = Buffer.from(body);
  changed.writeUInt8(changed.readUInt8(120) ^ 1, 120);
  assert.throws(() => decryptPush({ curve: other, auth }, body));
  assert.throws(() => decryptPush({ curve: receiver(), auth: Buffer.alloc(16) }, body));
  assert.throws(() => decryptPush({ curve: receiver(), auth }, changed));
});
