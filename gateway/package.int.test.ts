// The package as others get it: packed, installed in an empty folder, run by its command and used by its name. Nothing
// of this repository is near it then.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { runCli } from './standalone/run-cli.fixture.ts';
import { library, SubgraphServers } from './subgraph-servers.fixture.ts';

const ownFolder = fileURLToPath(new URL('.', import.meta.url));
/** For one step; installing asks the registry for what is not in npm's cache. */
const stepTimeoutMs = 90_000;

const execute = promisify(execFile);
let folder: string;
let subgraphs: SubgraphServers;

/** With this Node first on the path, whatever the system's is. */
async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const { stdout } = await execute(command, args, {
    cwd,
    timeout: stepTimeoutMs,
    env: { ...process.env, PATH },
  });
  return stdout;
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-package-'));
  subgraphs = await SubgraphServers.of(library);
  await writeFile(join(folder, 'supergraph.graphql'), subgraphs.supergraph);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['pack', '--pack-destination', folder], ownFolder);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  assert.ok(tarball !== undefined);
  const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...quiet, `./${tarball}`], folder);
});

after(async () => {
  await subgraphs[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const command = () => join(folder, 'node_modules/@simplebank/gateway/dist/cli.js');

test('holds JavaScript and types, and no test, fixture, bench or wiring of the bank', async () => {
  const dist = join(folder, 'node_modules/@simplebank/gateway/dist');
  const files = (await readdir(dist, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => join(parentPath, name).slice(dist.length + 1));
  assert.ok(
    files.includes('index.js') && files.includes('index.d.ts') && files.includes('planner/apollo-worker.js'),
  );
  assert.deepEqual(
    files.filter((file) => !/\.(js|d\.ts)$/.test(file)),
    [],
  );
  assert.deepEqual(
    files.filter((file) =>
      /\.(test|fixture|suite|contract)\.|^(bench|corpus|fuzz|testbed|main|bank)/.test(file),
    ),
    [],
  );
  for (const file of files) {
    assert.doesNotMatch(await readFile(join(dist, file), 'utf8'), /@simplebank\/(chassis|testkit)/, file);
  }
});

test('answers over HTTP by its command', async () => {
  await using cli = runCli(['--supergraph', 'supergraph.graphql', '--port', '0'], {
    command: command(),
    cwd: folder,
  });
  const response = await fetch(await cli.url(), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ books { title stars } }' }),
  });
  assert.deepEqual(await response.json(), {
    data: {
      books: [
        { title: 'Dune', stars: 1 },
        { title: 'Emma', stars: 2 },
      ],
    },
  });
  cli.kill('SIGTERM');
  assert.equal(await cli.ended, 0);
});

test('is started by npx, and plans @defer on its thread', async () => {
  const query = '{ book(id: "1") { title ... @defer { stars } } }';
  const args = ['simplebank-gateway', '--supergraph', 'supergraph.graphql', '--explain', query];
  assert.match(await run('npx', ['--no-install', ...args], folder), /^Defer\n/);
});

test('can be imported by its name, for an engine and for the drop-in', async () => {
  await writeFile(
    join(folder, 'use.js'),
    `import { readFile } from 'node:fs/promises';
     import { createEngine, createTransport, SimpleBankGateway } from '@simplebank/gateway';
     const supergraph = await readFile('supergraph.graphql', 'utf8');
     const urls = new Map(JSON.parse(process.argv[2]));
     const transport = createTransport({ urlsOf: (name) => [urls.get(name)] });
     const engine = await createEngine({ supergraph, fetcher: transport });
     const answer = await engine.handle({
       query: '{ topStars whoAmI }',
       operationName: undefined,
       variables: undefined,
       context: {
         headers: [['authorization', 'ada']],
         tracingHeaders: [],
         deadlineAt: performance.now() + 10_000,
         signal: undefined,
       },
       caller: { isAuthenticated: false, scopes: new Set(), policies: new Set() },
       allowMutation: false,
       acceptsIncremental: false,
       client: undefined,
     });
     await engine.close();
     await transport.close();
     const gateway = new SimpleBankGateway({ supergraphSdl: supergraph });
     await gateway.load();
     await gateway.stop();
     process.stdout.write(answer.text);`,
  );
  const urls = JSON.stringify(Object.entries(subgraphs.urls));
  assert.equal(
    await run(process.execPath, ['use.js', urls], folder),
    '{"data":{"topStars":5,"whoAmI":"ada"}}',
  );
});

test('its types stand on its own dependencies', async () => {
  await writeFile(
    join(folder, 'use.ts'),
    `import { createEngine, SimpleBankGateway, type Engine, type EngineOptions } from '@simplebank/gateway';
     export const open = (options: EngineOptions): Promise<Engine> => createEngine(options);
     export const gateway = new SimpleBankGateway({ supergraphSdl: '' });`,
  );
  const types = fileURLToPath(new URL('../node_modules/@types', import.meta.url));
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext'];
  await run(process.execPath, [tsc, ...options, '--typeRoots', types, '--types', 'node', 'use.ts'], folder);
});
