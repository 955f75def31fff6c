import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'graphql';
import {
  defaultDocumentLimits,
  limitDocument,
  measureDocument,
  type DocumentLimits,
} from './limit-document.ts';

const measures: [what: string, text: string, expected: Partial<Required<DocumentLimits>>][] = [
  ['a flat query', '{ a b }', { tokens: 4, depth: 1, aliases: 0, rootFields: 2, directives: 0 }],
  ['levels of fields', '{ a { b { c } } d }', { depth: 3, rootFields: 2 }],
  ['levels through fragments', '{ a { ...F } } fragment F on T { b { ... on U { c { d } } } }', { depth: 4 }],
  [
    'introspection without its depth',
    '{ __schema { types { fields { type { name } } } } a { b } }',
    { depth: 2 },
  ],
  ['aliases, on any level', '{ x: a y: a { z: b } }', { aliases: 3, rootFields: 2 }],
  [
    'aliases as often as spread',
    '{ ...F p { ...F } } fragment F on T { x: a y: a }',
    { aliases: 4, rootFields: 3 },
  ],
  [
    'the largest operation',
    'query A { x: a } query B { a b { c } }',
    { aliases: 1, depth: 2, rootFields: 2 },
  ],
  ['a fragment that spreads itself', '{ ...F } fragment F on T { a { ...F } }', { depth: 1, rootFields: 1 }],
  ['a fragment that is missing', '{ a { ...F } }', { depth: 1 }],
  [
    'directives wherever they stand',
    'query ($v: Int @d) @d { a @d @d ...F @d } fragment F on T @d { b @d }',
    {
      directives: 7,
      directivesPerField: 2,
    },
  ],
];

for (const [what, text, expected] of measures) {
  test(`counts ${what}`, () => {
    const found = measureDocument(parse(text));
    assert.deepEqual(
      Object.fromEntries(Object.keys(expected).map((key) => [key, found[key as keyof DocumentLimits]])),
      expected,
    );
  });
}

test('a limit is kept by what it allows, and refuses one more with its name, its value and what was found', () => {
  const document = parse('{ x: a y: a }');
  assert.deepEqual(limitDocument(document, { aliases: 2 }), []);
  assert.deepEqual(limitDocument(document, { aliases: 1 }), [
    {
      message: 'The document is too complex: it has 2 aliases in an operation, and 1 are allowed.',
      extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'aliases', most: 1, found: 2 },
    },
  ]);
});

test('tells of every limit that is broken', () => {
  const limits = { tokens: 1, depth: 1, aliases: 0, rootFields: 1, directivesPerField: 0, directives: 0 };
  const errors = limitDocument(parse('{ x: a @d { b } c }'), limits);
  assert.deepEqual(
    errors.map(({ extensions }) => extensions?.['limit']),
    ['tokens', 'depth', 'aliases', 'rootFields', 'directivesPerField', 'directives'],
  );
});

test('fragments that double at each of sixty levels are counted at once', () => {
  const levels = Array.from(
    { length: 60 },
    (_, level) => `fragment F${level} on T { x: a ...F${level + 1} ...F${level + 1} }`,
  );
  const document = parse(`{ ...F0 } ${levels.join(' ')} fragment F60 on T { x: a }`);
  const { aliases } = measureDocument(document);
  assert.equal(aliases, 2 ** 61 - 1);
  assert.equal(limitDocument(document, defaultDocumentLimits).length, 2);
});

test('names of Object.prototype are names like any other', () => {
  assert.deepEqual(
    limitDocument(parse('{ constructor: a __proto__: b toString { ...valueOf } }'), { aliases: 2 }),
    [],
  );
});
