import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GrowingBytes } from './growing-bytes.ts';

/** Bytes of which no two neighbouring blocks are alike. */
function bytesOf(length: number, seed: number): Buffer {
  return Buffer.from(
    Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 0xff),
  );
}

function collect(body: GrowingBytes, whole: Buffer, pieceBytes: number, announces: boolean): Buffer {
  for (let at = 0; at < whole.length; at += pieceBytes) {
    const end = Math.min(whole.length, at + pieceBytes);
    body.append(whole, at, end, announces ? whole.length - end : 0);
  }
  return body.bytes();
}

for (const [length, pieceBytes] of [
  [0, 1],
  [5000, 1],
  [262_144, 262_144],
  [262_145, 1000],
  [1_000_000, 65_536],
  [3_000_000, 700_001],
] as const) {
  for (const announces of [true, false]) {
    test(`${length} bytes in pieces of ${pieceBytes}, ${announces ? 'announced' : 'not announced'}, stay what they are`, () => {
      const whole = bytesOf(length, 1);
      const body = new GrowingBytes();
      assert.ok(collect(body, whole, pieceBytes, announces).equals(whole));
      assert.equal(body.length, length);
    });
  }
}

test('what was returned stays as it is when its blocks are used for the next bodies', () => {
  const body = new GrowingBytes();
  for (const length of [262_144, 1_000_000]) {
    const first = bytesOf(length, 2);
    const returned = collect(body, first, 65_536, false);
    body.clear();
    collect(body, bytesOf(2_000_000, 3), 65_536, false);
    body.clear();
    assert.ok(returned.equals(first));
  }
});
