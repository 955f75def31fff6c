import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { defaultDocumentCacheLimits, DocumentCache } from './document-cache.ts';
import { defaultDocumentLimits } from './limit-document.ts';
import { DocumentRefused } from './parse-document.ts';

const schema = buildSchema('type Query { a: Int b(if: Boolean): Int }');
const options = { schema, limits: defaultDocumentLimits, rules: [] };

function cacheOf(limits: Partial<typeof defaultDocumentCacheLimits> = {}): DocumentCache<string> {
  return new DocumentCache(options, { ...defaultDocumentCacheLimits, ...limits });
}

test('a text is parsed once, and its operations are told apart by name', () => {
  const cache = cacheOf();
  const known = cache.find('query A { a } query B { b }');
  assert.equal(cache.find('query A { a } query B { b }'), known);
  const [a, b] = [cache.operation(known, 'A'), cache.operation(known, 'B')];
  assert.equal(cache.operation(known, 'A'), a);
  assert.notEqual(a.id, b.id);
  assert.deepEqual([a.definition.name?.value, b.definition.name?.value], ['A', 'B']);
});

test('ids of operations are unique over documents', () => {
  const cache = cacheOf();
  const ids = ['{ a }', '{ b }', '{  a }'].map((text) => cache.operation(cache.find(text), undefined).id);
  assert.equal(new Set(ids).size, 3);
});

test('no name, and a name that is empty, pick the only operation', () => {
  const cache = cacheOf();
  const known = cache.find('query A { a }');
  assert.equal(cache.operation(known, undefined), cache.operation(known, ''));
  const two = cache.find('query A { a } query B { b }');
  assert.throws(() => cache.operation(two, undefined), DocumentRefused);
  assert.throws(() => cache.operation(two, 'C'), DocumentRefused);
});

test('what is refused is not kept', () => {
  const cache = cacheOf();
  for (const text of ['{', '{ c }', '']) assert.throws(() => cache.find(text), DocumentRefused);
  assert.equal(cache.count, 0);
});

test('only the most recently used documents are kept, by number and by length', () => {
  const cache = cacheOf({ mostDocuments: 3 });
  const first = cache.find('{ a }');
  for (const text of ['{ b }', '{ x: a }']) cache.find(text);
  assert.equal(cache.find('{ a }'), first, 'used again, so that another one is the oldest');
  cache.find('{ y: a }');
  assert.equal(cache.count, 3);
  assert.equal(cache.find('{ a }'), first);

  const short = cacheOf({ mostCharacters: 30 });
  for (let index = 0; index < 10; index += 1) short.find(`{ a${index}: a }`);
  assert.equal(short.count, 3, 'of nine characters each');
});

test('a document that is longer than all of the cache is served and not kept', () => {
  const cache = cacheOf({ mostCharacters: 10 });
  const known = cache.find('{ long: a other: a }');
  assert.equal(cache.operation(known, undefined).definition.selectionSet.selections.length, 2);
  assert.equal(cache.count, 0);
});

test('names the variables that decide what is selected, in the order of their names', () => {
  const cache = cacheOf();
  const known = cache.find(
    'query ($z: Boolean!, $a: Boolean!, $v: Boolean) { a @skip(if: $z) b(if: $v) @include(if: $a) }',
  );
  assert.deepEqual(cache.operation(known, undefined).conditions, ['a', 'z']);
});

test('tells what was used, the most recent first, to warm the next cache with', () => {
  const cache = cacheOf();
  for (const text of ['{ a }', '{ b }', 'query A { a } query B { b }']) {
    const known = cache.find(text);
    cache.operation(known, text.startsWith('query') ? 'B' : undefined);
  }
  cache.find('{ a }');
  assert.deepEqual(cache.used(), [
    { text: '{ a }', operationName: undefined },
    { text: 'query A { a } query B { b }', operationName: 'B' },
    { text: '{ b }', operationName: undefined },
  ]);
});

test('takes a document that its caller has parsed and validated', () => {
  const document = parse('{ whatever }');
  const known = cacheOf().find('{ whatever }', document);
  assert.equal(known.document, document);
});

test('peeks without parsing', () => {
  const cache = cacheOf();
  assert.equal(cache.peek('{ a }', undefined), undefined);
  const { definition } = cache.operation(cache.find('{ a }'), undefined);
  assert.equal(cache.peek('{ a }', undefined), definition);
});
