import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createCompressor } from './compress-body.ts';

const body = JSON.stringify(Array.from({ length: 500 }, (_, id) => ({ id, name: `Näme ${id}` })));

const table: [acceptEncoding: string, encoding: 'br' | 'gzip' | undefined][] = [
  ['gzip, deflate, br', 'br'],
  ['gzip', 'gzip'],
  ['GZIP;q=0.5', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br;q=0.0, *', 'gzip'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['deflate, zstd', undefined],
  ['identity', undefined],
  ['', undefined],
];

for (const [acceptEncoding, encoding] of table) {
  test(`accept-encoding ${JSON.stringify(acceptEncoding)} gets ${encoding ?? 'the plain text'}`, async () => {
    const compressed = await createCompressor({}).compress(body, acceptEncoding);
    assert.equal(compressed?.encoding, encoding);
    if (compressed === undefined) return;
    const plain = encoding === 'br' ? brotliDecompressSync(compressed.body) : gunzipSync(compressed.body);
    assert.equal(plain.toString(), body);
    assert.ok(compressed.body.length < body.length / 2);
  });
}

test('a busy server sends what it has as it is', async () => {
  const compressor = createCompressor({ mostAtOnce: 1 });
  const first = compressor.compress(body, 'br');
  assert.equal(compressor.compress(body, 'br'), undefined);
  await first;
  assert.notEqual(compressor.compress(body, 'br'), undefined);
});
