import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpMessages } from './http-messages.ts';

const sized = (body: string) =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\nx: y\r\n\r\n${body}`;
const chunked = (...chunks: string[]) =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`)
    .join('')}0\r\n\r\n`;

function bodiesOf(pieces: readonly Buffer[]): string[] {
  const bodies: string[] = [];
  const messages = new HttpMessages(({ body }) => void bodies.push(body.toString('utf8')));
  for (const piece of pieces) messages.push(piece);
  return bodies;
}

test('reads messages of a known length and chunked ones, one after the other', () => {
  const stream = sized('{"a":1}') + chunked('{"b":', '"äöü"}') + sized('');
  assert.deepEqual(bodiesOf([Buffer.from(stream)]), ['{"a":1}', '{"b":"äöü"}', '']);
});

test('reads the same wherever the stream is cut', () => {
  const stream = Buffer.from(sized('first ä') + chunked('se', 'cond') + sized('third'));
  for (let cut = 1; cut < stream.length; cut += 1) {
    const pieces = [stream.subarray(0, cut), stream.subarray(cut)];
    assert.deepEqual(bodiesOf(pieces), ['first ä', 'second', 'third'], `cut at ${cut}`);
  }
  assert.deepEqual(bodiesOf([...stream].map((byte) => Buffer.from([byte]))), ['first ä', 'second', 'third']);
});

test('waits for what is missing', () => {
  assert.deepEqual(bodiesOf([Buffer.from(sized('all').slice(0, -1))]), []);
  assert.deepEqual(bodiesOf([Buffer.from(chunked('all').slice(0, -2))]), []);
});
