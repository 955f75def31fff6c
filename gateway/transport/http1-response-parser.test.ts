// The parser must come to the same end wherever the network cuts a response, and trust nothing that is unclear.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Http1ResponseParser, type ParseOutcome } from './http1-response-parser.ts';

const limit = 10_000;

function parse(
  pieces: readonly Buffer[],
  ends = true,
): { outcome: ParseOutcome; parser: Http1ResponseParser } {
  const parser = new Http1ResponseParser(limit);
  let outcome: ParseOutcome = 'more';
  for (const piece of pieces) {
    // A buffer that is used again afterwards, as a connection does.
    const memory = Buffer.from(piece);
    outcome = parser.push(memory);
    memory.fill(0x58);
    if (outcome !== 'more') return { outcome, parser };
  }
  return { outcome: ends ? parser.end() : outcome, parser };
}

function parseText(text: string): ReturnType<typeof parse> {
  return parse([Buffer.from(text)]);
}

const head = 'HTTP/1.1 200 OK\r\n';

/** A response, its body, and whether its connection may go on. */
const responses = fc
  .record({
    body: fc.string({ unit: 'grapheme', maxLength: 300 }),
    framing: fc.constantFrom('length', 'chunked', 'end'),
    chunkBytes: fc.integer({ min: 1, max: 100 }),
    informational: fc.integer({ min: 0, max: 3 }),
    status: fc.constantFrom(200, 400, 500),
  })
  .map(({ body, framing, chunkBytes, informational, status }) => {
    const bytes = Buffer.from(body);
    const start =
      'HTTP/1.1 100 Continue\r\n\r\n'.repeat(informational) + `HTTP/1.1 ${status} X\r\nServer: x\r\n`;
    if (framing === 'end')
      return { status, body, bytes: Buffer.concat([Buffer.from(`${start}\r\n`), bytes]) };
    if (framing === 'length')
      return {
        status,
        body,
        bytes: Buffer.concat([Buffer.from(`${start}Content-Length: ${bytes.length}\r\n\r\n`), bytes]),
      };
    const chunks = [];
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const chunk = bytes.subarray(at, at + chunkBytes);
      chunks.push(Buffer.from(`${chunk.length.toString(16)};a=b\r\n`), chunk, Buffer.from('\r\n'));
    }
    return {
      status,
      body,
      bytes: Buffer.concat([
        Buffer.from(`${start}Transfer-Encoding: chunked\r\n\r\n`),
        ...chunks,
        Buffer.from('0\r\nx-trailer: 1\r\n\r\n'),
      ]),
    };
  });

test('reads the same whatever pieces it comes in', () => {
  fc.assert(
    fc.property(
      responses,
      fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 20 }),
      (response, cuts) => {
        const pieces: Buffer[] = [];
        let rest = response.bytes;
        for (const cut of cuts) {
          if (cut >= rest.length) break;
          pieces.push(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        const { outcome, parser } = parse([...pieces, rest]);
        assert.equal(outcome, 'done');
        assert.equal(parser.head?.status, response.status);
        assert.equal(parser.text, response.body);
        assert.equal(parser.hasSurplus, false);
      },
    ),
    { numRuns: 300 },
  );
});

test('reads byte by byte', () => {
  fc.assert(
    fc.property(responses, ({ bytes, body }) => {
      const { outcome, parser } = parse([...bytes].map((byte) => Buffer.from([byte])));
      assert.equal(outcome, 'done');
      assert.equal(parser.text, body);
    }),
    { numRuns: 50 },
  );
});

test('never throws and never ends with more than its limit, whatever comes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.boolean(), (bytes, hasHead) => {
      const { parser } = parse([Buffer.from(hasHead ? `${head}\r\n` : ''), Buffer.from(bytes)]);
      assert.ok(parser.bodyBytes <= limit);
    }),
    { numRuns: 300 },
  );
});

test('serves one response after the other', () => {
  const parser = new Http1ResponseParser(limit);
  for (const text of ['{"a":1}', '', '{"b":2}']) {
    assert.equal(parser.push(Buffer.from(`${head}content-length: ${text.length}\r\n\r\n${text}`)), 'done');
    assert.equal(parser.text, text);
    assert.equal(parser.head?.keepsAlive, true);
    parser.reset();
  }
});

test('sees bytes past the end, however the body is framed', () => {
  for (const text of [
    `${head}content-length: 2\r\n\r\n{}HTTP/1.1`,
    `${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nX`,
    'HTTP/1.1 204 No Content\r\n\r\nX',
  ]) {
    const { outcome, parser } = parseText(text);
    assert.equal(outcome, 'done', text);
    assert.equal(parser.hasSurplus, true, text);
  }
});

test('knows when the connection ends with the answer', () => {
  const cases: [headers: string, keepsAlive: boolean][] = [
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\nConnection: close\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: Keep-Alive\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\n\r\n', false],
  ];
  for (const [text, keepsAlive] of cases)
    assert.equal(parseText(text).parser.head?.keepsAlive, keepsAlive, text);
});

test('reads for how long the peer keeps the connection', () => {
  const { parser } = parseText(`${head}content-length: 0\r\nKeep-Alive: timeout=5, max=100\r\n\r\n`);
  assert.equal(parser.head?.keepAliveMs, 5000);
});

test('leaves an answer unfinished that ends early', () => {
  for (const text of [
    '',
    'HTTP/1.1 20',
    `${head}content-length: 5\r\n\r\n{}`,
    `${head}transfer-encoding: chunked\r\n\r\n5\r\n{}`,
    `${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`,
    `${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n`,
  ]) {
    assert.equal(parseText(text).outcome, 'more', text);
  }
});

test('refuses what could be read in two ways, and what is no HTTP', () => {
  for (const text of [
    'garbage\r\n\r\n',
    'HTTP/2 200\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    `${head}no colon\r\n\r\n`,
    `${head}: no name\r\n\r\n`,
    `${head}a: 1\r\n folded: 2\r\n\r\n`,
    `${head}content-length : 5\r\n\r\n`,
    `${head}content-length: -1\r\n\r\n`,
    `${head}content-length: 5, 5\r\n\r\n`,
    `${head}content-length: 0x5\r\n\r\n`,
    `${head}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
    `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`,
    `${head}transfer-encoding: gzip, chunked\r\n\r\n`,
    `${head}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n`,
    `${head}transfer-encoding: chunked\r\n\r\nxyz\r\n`,
    `${head}transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n`,
    `${head}transfer-encoding: chunked\r\n\r\n2\r\n{}}}0\r\n\r\n`,
    'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9),
  ]) {
    const { outcome, parser } = parseText(text);
    assert.equal(outcome, 'malformed', text);
    assert.notEqual(parser.problem, '');
  }
});

test('does not wait for the end of what does not begin like HTTP', () => {
  for (const text of ['garbage', 'HTTP/2', '\0', '<html>']) {
    assert.equal(parse([Buffer.from(text)], false).outcome, 'malformed', text);
  }
});

test('stops at its limits, before the bytes are there', () => {
  assert.equal(parseText(`${head}content-length: 10001\r\n\r\n`).outcome, 'too-large');
  assert.equal(parseText(`${head}transfer-encoding: chunked\r\n\r\nffffffff\r\n`).outcome, 'too-large');
  assert.equal(parseText(`${head}\r\n${'x'.repeat(limit + 1)}`).outcome, 'too-large');
  for (const endless of [
    head + 'a: b\r\n'.repeat(4000),
    `${head}transfer-encoding: chunked\r\n\r\n1;${'x'.repeat(2000)}`,
    `${head}transfer-encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(4000)}`,
  ]) {
    assert.equal(parse([Buffer.from(endless)], false).outcome, 'malformed');
  }
});
