// The command as somebody runs it who has never seen it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCli } from './run-cli.fixture.ts';
import { library, SubgraphServers } from '../subgraph-servers.fixture.ts';

let subgraphs: SubgraphServers;
let folder: string;
let supergraph: string;

before(async () => {
  subgraphs = await SubgraphServers.of(library);
  folder = await mkdtemp(join(tmpdir(), 'gateway-cli-'));
  supergraph = join(folder, 'supergraph.graphql');
  await writeFile(supergraph, subgraphs.supergraph);
});

after(async () => {
  await subgraphs[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Ends by itself, with what it says on standard error. */
async function failing(args: readonly string[]): Promise<string> {
  await using cli = runCli(args);
  assert.equal(await cli.ended, 1);
  assert.equal(cli.out(), '');
  return cli.errors();
}

const ask = (url: string, query: string) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });

test('--help says how to use it', async () => {
  await using cli = runCli(['--help']);
  assert.equal(await cli.ended, 0);
  assert.match(cli.out(), /^simplebank-gateway --supergraph FILE/);
});

test('--version says which it is', async () => {
  await using cli = runCli(['--version']);
  assert.equal(await cli.ended, 0);
  assert.match(cli.out(), /^\d+\.\d+\.\d+\n$/);
});

test('serves a supergraph, and ends on SIGTERM when the request under way is answered', async () => {
  const arrived = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  await using cli = runCli(['--supergraph', supergraph, '--port', '0']);
  const url = await cli.url();
  assert.deepEqual(await (await ask(url, '{ topStars }')).json(), { data: { topStars: 5 } });
  subgraphs.beforeAnswer = async () => {
    arrived.resolve();
    await held.promise;
  };
  const underWay = ask(url, '{ whoAmI }');
  await arrived.promise;
  cli.kill('SIGTERM');
  await assert.rejects(async () => {
    // Refused as soon as it has heard of the signal.
    for (;;) await fetch(url, { method: 'OPTIONS' });
  });
  held.resolve();
  assert.deepEqual(await (await underWay).json(), { data: { whoAmI: 'nobody' } });
  assert.equal(await cli.ended, 0);
  assert.match(cli.out(), /"stopping","signal":"SIGTERM"/);
  assert.match(cli.out(), /"stopped"/);
  assert.equal(cli.errors(), '');
  subgraphs.beforeAnswer = async () => {};
});

test('reads its settings from a file', async () => {
  const config = await write('gateway.json', JSON.stringify({ supergraph, port: 0, path: '/api' }));
  await using cli = runCli(['--config', config]);
  const url = await cli.url();
  assert.match(url, /\/api$/);
  assert.deepEqual(await (await ask(url, '{ topStars }')).json(), { data: { topStars: 5 } });
});

test('--explain prints the plan, of a query that is given or comes on standard input', async () => {
  await using cli = runCli(['--supergraph', supergraph, '--explain', '{ book(id: "1") { title stars } }']);
  assert.equal(await cli.ended, 0);
  assert.deepEqual(cli.out().split('\n'), [
    'Sequence',
    '  Fetch shelf (query): { book(id: "1") { __typename title id } }',
    '  Entities critics: _entities at book by Book { __typename id } brings { ... on Book { stars } }',
    '',
  ]);
  await using piped = runCli(['--supergraph', supergraph, '--explain', '-'], { input: '{ topStars }' });
  assert.equal(await piped.ended, 0);
  assert.equal(piped.out(), 'Fetch critics (query): { topStars }\n');
});

test('--explain plans @defer too', async () => {
  const query = '{ book(id: "1") { title ... @defer { stars } } }';
  await using cli = runCli(['--supergraph', supergraph, '--explain', query]);
  assert.equal(await cli.ended, 0);
  assert.match(cli.out(), /^Defer\n/);
});

test('says what is wrong with a query that it should explain', async () => {
  assert.equal(
    await failing(['--supergraph', supergraph, '--explain', '{ boks { title } }']),
    'The query is refused:\n1:3 Cannot query field "boks" on type "Query". Did you mean "books" or "book"?\n',
  );
});

test('says that a port is in use, and how to choose another', async () => {
  await using first = runCli(['--supergraph', supergraph, '--port', '0']);
  const { port } = new URL(await first.url());
  assert.equal(
    await failing(['--supergraph', supergraph, '--port', port]),
    `Port ${port} of 127.0.0.1 is in use: choose another one with --port, or any free one with --port 0.\n`,
  );
});

test('says what is wrong with its settings and files, without a stack', async () => {
  const broken = await write('broken.graphql', 'type Query { broken: ');
  const plain = await write('plain.graphql', 'type Query { a: String }');
  const wrong = await write('wrong.json', '{ "prot": 4000, "planner": "fast" }');
  for (const [args, message] of [
    [['--supergraph', '/no/such.graphql'], /^There is no file \/no\/such\.graphql\.\n$/],
    [['--supergraph', folder], /^A folder is given where a file is needed/],
    [['--supergraph', broken], /^The supergraph does not parse, line 1: /],
    [['--supergraph', plain], /./],
    [['--supergraph', supergraph, '--config', wrong], /^planner: .*\n.*"prot"/],
    [['--supergraph', supergraph, '--host', 'no.such.host.invalid'], /no\.such\.host\.invalid/],
  ] as const) {
    const said = await failing(args);
    assert.match(said, message);
    assert.doesNotMatch(said, /^ {4}at /m);
  }
});
