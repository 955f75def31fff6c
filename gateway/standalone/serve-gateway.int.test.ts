// The standalone gateway in this process before real subgraphs: reloads under load, stopping, metrics, explaining.
import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { readGatewayConfig } from './gateway-config.ts';
import { serveGateway, type WriteLog } from './serve-gateway.ts';
import { composed, library, SubgraphServers } from '../subgraph-servers.fixture.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

async function open(config: Record<string, unknown> = {}) {
  await using opened = new AsyncDisposableStack();
  const subgraphs = opened.use(await SubgraphServers.of(library));
  const folder = await mkdtemp(join(tmpdir(), 'serve-gateway-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const supergraph = join(folder, 'supergraph.graphql');
  await writeFile(supergraph, subgraphs.supergraph);
  const lines: Line[] = [];
  const log: WriteLog = (level, message, details = {}) =>
    void lines.push({ level, message, details: { ...details } });
  const gateway = opened.use(await serveGateway(readGatewayConfig({ supergraph, port: 0, ...config }), log));
  const open = opened.move();
  return {
    subgraphs,
    gateway,
    lines,
    said: (message: string) => lines.filter((line) => line.message === message),
    /** As a deployment does: whole or not at all. */
    async replaceSupergraph(text: string) {
      await writeFile(`${supergraph}.next`, text);
      await rename(`${supergraph}.next`, supergraph);
    },
    async ask(body: object, headers: Record<string, string> = {}) {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { status: response.status, text: await response.text() };
    },
    get: async (path: string) => (await fetch(new URL(path, gateway.url))).text(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const query = '{ books { title stars } }';
const answer = '{"data":{"books":[{"title":"Dune","stars":1},{"title":"Emma","stars":2}]}}';

/** The library before `topStars` was added. */
function olderSupergraph({ urls }: SubgraphServers): string {
  const { shelf, critics } = library;
  assert.ok(shelf !== undefined && critics !== undefined);
  return composed({ shelf, critics: { sdl: critics.sdl.replace('type Query { topStars: Int }', '') } }, urls);
}

test('reloads under load lose no request, and a broken supergraph in between changes nothing', async () => {
  await using house = await open({ supergraphPollMs: 10 });
  const versions = [olderSupergraph(house.subgraphs), house.subgraphs.supergraph];
  let isLoading = true;
  let answered = 0;
  const wrong: string[] = [];
  const load = async (worker: number) => {
    while (isLoading) {
      // A header of its own, so that nothing is shared.
      const { status, text } = await house.ask({ query }, { authorization: `${worker}-${answered}` });
      if (status !== 200 || text !== answer) wrong.push(`${status} ${text}`);
      answered += 1;
    }
  };
  const workers = Array.from({ length: 8 }, (_, worker) => load(worker));
  const reloads = 6;
  for (let reload = 1; reload <= reloads; reload++) {
    const before = answered;
    await house.replaceSupergraph(versions[reload % 2 === 1 ? 0 : 1] ?? '');
    await until(`reload ${reload} is live`, () => house.said('a new supergraph is live').length === reload);
    await until('requests were answered on it', () => answered > before + 50);
    if (reload !== 3) continue;
    await house.replaceSupergraph('type Query { broken: ');
    await until('it is refused', () => house.said('the supergraph stays as it is').length === 1);
  }
  isLoading = false;
  await Promise.all(workers);
  assert.deepEqual(wrong, []);
  assert.match(await house.get('/metrics'), /^gateway_reloads_total\{outcome="refused"\} 1$/m);
  assert.match(await house.get('/metrics'), /^gateway_reloads_total\{outcome="live"\} 6$/m);
  // A reload warms the plans of known documents first.
  assert.ok(house.said('a new supergraph is live').every(({ details }) => details['warmed'] === 1));
});

test('a request under way ends on the supergraph that it began on, also at a subgraph that the new one has not', async () => {
  await using house = await open({ supergraphPollMs: 10 });
  const { shelf } = library;
  assert.ok(shelf !== undefined);
  const arrived = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  house.subgraphs.beforeAnswer = async ({ subgraph }) => {
    if (subgraph !== 'shelf') return;
    arrived.resolve();
    await held.promise;
  };
  const underWay = house.ask({ query });
  await arrived.promise;
  await house.replaceSupergraph(composed({ shelf }, house.subgraphs.urls));
  await until('the new one is live', () => house.said('a new supergraph is live').length === 1);
  assert.match((await house.ask({ query: '{ topStars }' })).text, /Cannot query field/);
  held.resolve();
  assert.equal((await underWay).text, answer);
});

test('a stop finishes what is under way, takes nothing new, and says that it is not ready', async () => {
  await using house = await open();
  const arrived = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  house.subgraphs.beforeAnswer = async () => {
    arrived.resolve();
    await held.promise;
  };
  const underWay = house.ask({ query });
  await arrived.promise;
  const stopped = house.gateway.stop();
  await assert.rejects(fetch(house.gateway.url));
  held.resolve();
  assert.deepEqual(await underWay, { status: 200, text: answer });
  await stopped;
});

test('/metrics tells of operations, subgraphs and connections', async () => {
  await using house = await open();
  await house.ask({ query: 'query Books { books { title stars } }' }, { 'apollographql-client-name': 'web' });
  await house.ask({ query: '{ film }' }, { accept: 'application/graphql-response+json' });
  const text = await house.get('/metrics');
  for (const line of [
    'gateway_operations_total{operation="Books",kind="query",client="web",outcome="ok"} 1',
    'gateway_operations_total{operation="other",kind="unknown",client="other",outcome="refused"} 1',
    'gateway_subgraph_requests_total{subgraph="shelf",outcome="answered"} 1',
    'gateway_subgraph_requests_total{subgraph="critics",outcome="answered"} 1',
    `gateway_subgraph_connections{subgraph="shelf",replica="${house.subgraphs.urls['shelf']}"} 1`,
    `gateway_subgraph_breaker{subgraph="shelf",replica="${house.subgraphs.urls['shelf']}"} 0`,
    'gateway_documents 1',
    'gateway_http_answers_total{status="200"} 1',
    'gateway_http_answers_total{status="400"} 1',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
  }
  assert.match(text, /^process_resident_memory_bytes \d+$/m);
});

test('without metrics there is no /metrics', async () => {
  await using house = await open({ metrics: false });
  assert.match(await house.get('/metrics'), /There is nothing at this address/);
});

test('a subgraph that is down is one line of the log in a second, and no word to the client', async () => {
  await using house = await open();
  await house.subgraphs.stop('critics');
  const { status, text } = await house.ask({ query: '{ topStars }' });
  assert.equal(status, 200);
  assert.match(text, /SERVICE_UNAVAILABLE/);
  assert.doesNotMatch(text, /critics|127\.0\.0\.1/);
  await house.ask({ query: '{ topStars }' });
  const lines = house.said('a subgraph request failed');
  assert.equal(lines.length, 1);
  assert.equal(lines[0]?.details['subgraph'], 'critics');
});

test('in development a request may ask for its plan and its trace, with what the transport saw', async () => {
  await using house = await open({ development: true });
  const { text } = await house.ask({ query, extensions: { explain: ['plan', 'trace'] } });
  const { extensions } = JSON.parse(text) as {
    extensions: { plan: { text: string[] }; trace: { fetches: Record<string, unknown>[] } };
  };
  assert.equal(extensions.plan.text[0], 'Sequence');
  const [shelf, critics] = extensions.trace.fetches;
  assert.deepEqual([shelf?.['subgraph'], shelf?.['status'], shelf?.['entities']], ['shelf', 200, undefined]);
  assert.deepEqual([critics?.['subgraph'], critics?.['status'], critics?.['entities']], ['critics', 200, 2]);
  assert.equal(critics?.['url'], house.subgraphs.urls['critics']);
  assert.ok(Number(critics?.['bytes']) > 0);
  assert.match((await house.ask({ query: '{ __schema { queryType { name } } }' })).text, /"Query"/);
});

test('in production there is neither', async () => {
  await using house = await open();
  assert.equal((await house.ask({ query, extensions: { explain: ['plan', 'trace'] } })).text, answer);
  const { text } = await house.ask({ query: '{ __schema { queryType { name } } }' });
  assert.match(text, /^\{"errors":.*introspection/);
});

test('a subgraph is asked at the addresses of the config instead of that in the supergraph', async () => {
  await using other = await SubgraphServers.of(library);
  const urls = Object.entries(other.urls).map(([name, url]) => [name, { urls: [url] }] as const);
  await using house = await open({ subgraphs: Object.fromEntries(urls) });
  assert.equal((await house.ask({ query })).text, answer);
  assert.equal(house.subgraphs.asked.length, 0);
  assert.equal(other.asked.length, 2);
});

test('a config that does not fit the supergraph is refused by the name of what is wrong', async () => {
  await assert.rejects(open({ subgraphs: { critic: { urls: ['http://127.0.0.1:1'] } } }), {
    name: 'ConfigInvalid',
    message: 'subgraphs.critic: the supergraph knows only critics, shelf',
  });
  const { shelf } = library;
  assert.ok(shelf !== undefined);
  const folder = await mkdtemp(join(tmpdir(), 'serve-gateway-'));
  try {
    const supergraph = join(folder, 'supergraph.graphql');
    await writeFile(supergraph, composed({ shelf }, {}));
    const serving = serveGateway(readGatewayConfig({ supergraph, port: 0 }), () => {});
    await assert.rejects(serving, { name: 'ConfigInvalid', message: /^subgraphs\.shelf\.urls: is missing/ });
  } finally {
    await rm(folder, { recursive: true });
  }
});
