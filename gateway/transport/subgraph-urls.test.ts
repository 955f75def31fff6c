// Which addresses a fetch goes to, over several supergraphs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SubgraphUrls } from './subgraph-urls.ts';
import { composed, library } from '../subgraph-servers.fixture.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';

const { shelf, critics } = library;
assert.ok(shelf !== undefined && critics !== undefined);
const both = readSupergraph(
  composed({ shelf, critics }, { shelf: 'http://shelf/1', critics: 'http://critics/1' }),
);
const shelfOnly = readSupergraph(composed({ shelf }, { shelf: 'http://shelf/2' }));
const shelfMoved = readSupergraph(composed({ shelf }, { shelf: 'http://shelf/3' }));

test('a subgraph is at its url in the supergraph, as one list that stays the same', () => {
  const urls = new SubgraphUrls();
  assert.deepEqual(urls.of('shelf', both), ['http://shelf/1']);
  assert.equal(urls.of('shelf', both), urls.of('shelf', both));
  assert.deepEqual(urls.of('unknown', both), []);
  assert.deepEqual(urls.of('shelf', undefined), ['http://shelf/1']);
});

test('the addresses of the config come first', () => {
  const urls = new SubgraphUrls((name) => (name === 'shelf' ? ['http://a', 'http://b'] : undefined));
  assert.deepEqual(urls.of('shelf', both), ['http://a', 'http://b']);
  assert.deepEqual(urls.of('critics', both), ['http://critics/1']);
});

test('a subgraph that a new supergraph no longer has is found until the next one', () => {
  const urls = new SubgraphUrls();
  urls.of('shelf', both);
  assert.deepEqual(urls.of('shelf', shelfOnly), ['http://shelf/2']);
  assert.deepEqual(urls.of('critics', shelfOnly), ['http://critics/1']);
  assert.deepEqual(urls.of('critics', shelfMoved), []);
});
