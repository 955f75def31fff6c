// Decompression is asynchronous: whoever gave up meanwhile hears nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { decodeBody } from './content-encoding.ts';
import type { Exchange } from './link.ts';

const body = gzipSync('{"data":{"a":1}}');

function exchangeOf(onEnd: (ending: string) => void): Exchange {
  return {
    body: '',
    lines: { text: '', equalityText: '', fingerprint: 0, pairs: () => [] },
    deadlineAt: Infinity,
    isMutation: false,
    wantsFreshConnection: false,
    carrier: undefined,
    onAnswer: (_status, text) => onEnd(text),
    onFault: ({ kind }) => onEnd(kind),
  };
}

function decode(bytes: Buffer, encoding: string, limit = 1000): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  decodeBody(exchangeOf(resolve), 200, bytes, encoding, limit);
  return promise;
}

test('reads gzip, refuses what it does not know, what is none, and what becomes too large', async () => {
  assert.equal(await decode(body, 'gzip'), '{"data":{"a":1}}');
  assert.equal(await decode(body, 'x-unknown'), 'malformed');
  assert.equal(await decode(Buffer.from('none'), 'gzip'), 'malformed');
  assert.equal(await decode(gzipSync(Buffer.alloc(1001)), 'gzip'), 'too-large');
});

test('calls nobody back who has given up', async () => {
  let calls = 0;
  const exchange = exchangeOf(() => (calls += 1));
  decodeBody(exchange, 200, body, 'gzip', 1000);
  exchange.carrier?.abandon(exchange);
  // One after another: the first one is done by then, whichever thread does it.
  for (let index = 0; index < 5; index++) await decode(body, 'gzip');
  assert.equal(calls, 0);
});
