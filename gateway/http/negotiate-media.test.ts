import assert from 'node:assert/strict';
import { test } from 'node:test';
import { negotiateMedia } from './negotiate-media.ts';

const json = 'application/json';
const graphql = 'application/graphql-response+json';
const multipart = 'multipart/mixed;deferSpec=20220824';

const table: [accept: string | undefined, expected: 'json' | 'graphql' | '406', incremental?: boolean][] = [
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  [json, 'json'],
  ['application/*', 'json'],
  [graphql, 'graphql'],
  [`${graphql}; charset=utf-8`, 'graphql'],
  ['APPLICATION/GRAPHQL-RESPONSE+JSON', 'graphql'],
  [`${json}, ${graphql}`, 'json'],
  [`${graphql}, ${json}`, 'graphql'],
  [`${graphql},${json};q=0.9`, 'graphql'],
  [`${graphql};q=0.5, ${json};q=0.9`, 'json'],
  [`${graphql};q=0.5, */*`, 'json'],
  [`${json};q=0, */*`, 'graphql'],
  [`${json};q=0`, '406'],
  ['*/*;q=0', '406'],
  [`*/*, ${graphql}`, 'graphql'],
  ['text/html, */*;q=0.8', 'json'],
  ['text/html', '406'],
  [`${json};q=nonsense`, '406'],
  [`${multipart}, ${json}`, 'json', true],
  [`multipart/mixed; deferSpec="20220824", ${graphql}`, 'graphql', true],
  [multipart, 'json', true],
  [`multipart/mixed, ${json}`, 'json', false],
  ['multipart/mixed', '406'],
  [`${multipart};q=0, ${json}`, 'json', false],
  ['constructor', '406'],
  ['__proto__', '406'],
];

for (const [accept, expected, acceptsIncremental = false] of table) {
  test(`Accept ${JSON.stringify(accept)} gets ${expected}${acceptsIncremental ? ' or parts' : ''}`, () => {
    const wanted = expected === '406' ? undefined : { media: expected, acceptsIncremental };
    // Twice: the second time it is remembered.
    assert.deepEqual(negotiateMedia(accept), wanted);
    assert.deepEqual(negotiateMedia(accept), wanted);
  });
}
