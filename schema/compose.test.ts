import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compose, readSubgraphs, type SubgraphSource } from './compose.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])';

function source(name: string, lines: readonly string[]): SubgraphSource {
  return { name, file: `subgraphs/${name}/schema.graphql`, text: [link, ...lines].join('\n') };
}

const shelf = source('shelf', [
  'type Query { book: Book }',
  'type Book @key(fields: "id") { id: ID! title: String }',
]);

function messageOf(...sources: SubgraphSource[]): string {
  try {
    compose(sources);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return assert.fail('it composed');
}

test('composes subgraphs into a supergraph that names them and an API without federation', () => {
  const critics = source('critics', ['type Book @key(fields: "id") { id: ID! stars: Int }']);
  const { supergraph, api } = compose([shelf, critics]);
  assert.match(supergraph, /SHELF @join__graph\(name: "shelf", url: "http:\/\/shelf\.subgraph"\)/);
  assert.match(api, /type Book \{\s+id: ID!\s+stars: Int\s+title: String\s+\}/);
  assert.doesNotMatch(api, /join__|_entities|@key/);
});

test('text that does not parse is named with file and line', () => {
  const message = messageOf(
    shelf,
    source('critics', ['type Book @key(fields: "id") {', '  id: ID!', '  stars Int', '}']),
  );
  assert.match(message, /^subgraphs\/critics\/schema\.graphql:4 Syntax Error/);
});

test('a field whose types differ is named with the files and lines of both', () => {
  const critics = source('critics', [
    '',
    'type Book @key(fields: "id") {',
    '  id: ID!',
    '  title: Int @shareable',
    '}',
  ]);
  const message = messageOf(shelf, critics);
  assert.match(message, /subgraphs\/shelf\/schema\.graphql:3/);
  assert.match(message, /subgraphs\/critics\/schema\.graphql:5/);
  assert.match(message, /title/);
});

test('a mistake inside one subgraph is named with its file and line', () => {
  const message = messageOf(shelf, source('critics', ['type Book @key(fields: "isbn") { id: ID! }']));
  assert.match(message, /subgraphs\/critics\/schema\.graphql:2 .*isbn/);
});

test('every error has a line of its own', () => {
  const critics = source('critics', [
    'type Book @key(fields: "isbn") { id: ID! }',
    'type Pen @key(fields: "ink") { id: ID! }',
  ]);
  assert.equal(messageOf(shelf, critics).split('\n').length, 2);
});

test('the committed supergraph and API are what the subgraphs compose to', () => {
  const { supergraph, api } = compose(readSubgraphs());
  const committed = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
  assert.equal(committed('supergraph.graphql'), supergraph, 'stale: run npm run compose');
  assert.equal(committed('api.graphql'), api, 'stale: run npm run compose');
});
