// Which headers go to subgraphs, and that none of them can carry more than itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeaderPair } from '../subgraph-fetch.ts';
import { HeaderLinesMemory } from './header-lines.ts';
import { contextOf } from './raw-subgraph.fixture.ts';

function linesOf(headers: readonly HeaderPair[], tracingHeaders: readonly HeaderPair[] = []) {
  const lines = new HeaderLinesMemory('x-deadline-ms').linesOf(contextOf({ headers, tracingHeaders }));
  assert.ok(!('refused' in lines), 'refused');
  return lines;
}

test('writes the headers, and those that only trace apart from what makes requests equal', () => {
  const lines = linesOf([['authorization', 'Bearer x']], [['traceparent', '00-1']]);
  assert.equal(lines.text, 'authorization: Bearer x\r\ntraceparent: 00-1\r\n');
  assert.equal(lines.equalityText, 'authorization: Bearer x\r\n');
  assert.deepEqual(lines.pairs(), ['authorization', 'Bearer x', 'traceparent', '00-1']);
});

test('passes on nothing that concerns the connection or that the transport writes itself', () => {
  const names = [
    'Host',
    'Content-Length',
    'transfer-encoding',
    'connection',
    'te',
    'X-Deadline-Ms',
    'accept-encoding',
  ];
  const lines = linesOf(names.map((name) => [name, '1']));
  assert.equal(lines.text, '');
  assert.deepEqual(lines.pairs(), []);
});

test('refuses a header that would begin another line, or is none', () => {
  for (const [name, value] of [
    ['a', 'x\r\ncontent-length: 0'],
    ['a', 'x\ny'],
    ['a', 'x\0'],
    ['a', 'ŝ'],
    ['a b', 'x'],
    ['a:', 'x'],
    ['', 'x'],
    ['ä', 'x'],
  ] as const) {
    for (const context of [
      contextOf({ headers: [[name, value]] }),
      contextOf({ tracingHeaders: [[name, value]] }),
    ]) {
      assert.deepEqual(new HeaderLinesMemory(undefined).linesOf(context), { refused: name });
    }
  }
});

test('is made once for the fetches of one request', () => {
  const memory = new HeaderLinesMemory(undefined);
  const context = contextOf({ headers: [['a', '1']] });
  const lines = memory.linesOf(context);
  assert.equal(memory.linesOf({ ...context }), lines);
  assert.notEqual(memory.linesOf(contextOf({ headers: [['a', '1']] })), lines);
});

test('with a span of its own for each fetch stays equal in what makes requests equal', () => {
  const memory = new HeaderLinesMemory(undefined);
  const context = contextOf({ headers: [['a', '1']] });
  const [first, second, other] = [
    memory.linesOf({ ...context, tracingHeaders: [['traceparent', '1']] }),
    memory.linesOf({ ...context, tracingHeaders: [['traceparent', '2']] }),
    memory.linesOf(contextOf({ headers: [['a', '2']] })),
  ];
  assert.ok(!('refused' in first) && !('refused' in second) && !('refused' in other));
  assert.deepEqual([first.text, second.text], ['a: 1\r\ntraceparent: 1\r\n', 'a: 1\r\ntraceparent: 2\r\n']);
  assert.deepEqual([first.equalityText, second.equalityText], ['a: 1\r\n', 'a: 1\r\n']);
  assert.equal(first.fingerprint, second.fingerprint);
  assert.equal(other.equalityText, 'a: 2\r\n');
});
