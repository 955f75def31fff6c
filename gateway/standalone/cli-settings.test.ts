// Flags before environment before file; and what is wrong with any of them is said in one line.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCliSettings } from './cli-settings.ts';

async function configFile(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-config-'));
  const path = join(folder, 'gateway.json');
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

async function configOf(args: readonly string[], env: Record<string, string> = {}) {
  const task = await readCliSettings(args, env);
  assert.ok(task.kind === 'serve' || task.kind === 'explain');
  return task.config;
}

test('a flag counts before the environment, and that before the file', async () => {
  await using file = await configFile(
    JSON.stringify({ supergraph: 'file', host: 'file', port: 1, development: true, mostInBatch: 3 }),
  );
  const env = {
    GATEWAY_CONFIG: file.path,
    GATEWAY_HOST: 'env',
    GATEWAY_PORT: '2',
    GATEWAY_DEVELOPMENT: 'false',
  };
  const { supergraph, host, port, development, mostInBatch } = await configOf(['--port', '3'], env);
  assert.deepEqual(
    { supergraph, host, port, development, mostInBatch },
    { supergraph: 'file', host: 'env', port: 3, development: false, mostInBatch: 3 },
  );
});

test('the environment alone is enough', async () => {
  const { supergraph, port } = await configOf([], { GATEWAY_SUPERGRAPH: 'env', GATEWAY_PORT: '0' });
  assert.deepEqual({ supergraph, port }, { supergraph: 'env', port: 0 });
});

test('--explain takes a query, and needs no port', async () => {
  const task = await readCliSettings(['--supergraph', 'a', '--explain', '{ a }'], {});
  assert.ok(task.kind === 'explain');
  assert.equal(task.query, '{ a }');
});

test('--help and --version need nothing else', async () => {
  assert.deepEqual(await readCliSettings(['--help'], {}), { kind: 'help' });
  assert.deepEqual(await readCliSettings(['--version'], {}), { kind: 'version' });
});

for (const [args, env, message] of [
  [[], {}, 'No supergraph is given: use --supergraph FILE. See --help.'],
  [['--supergraf', 'a'], {}, "Unknown option '--supergraf'. See --help."],
  [['supergraph.graphql'], {}, "Unexpected argument 'supergraph.graphql'. See --help."],
  [['--supergraph'], {}, "Option '--supergraph <value>' argument missing. See --help."],
  [['--supergraph', 'a', '--port', 'http'], {}, '--port: "http" is no port.'],
  [['--supergraph', 'a'], { GATEWAY_PORT: '' }, 'GATEWAY_PORT: "" is no port.'],
  [
    ['--supergraph', 'a'],
    { GATEWAY_DEVELOPMENT: 'yes' },
    'GATEWAY_DEVELOPMENT: "yes" is neither true nor false.',
  ],
] as const) {
  test(`refuses ${JSON.stringify(args)} ${JSON.stringify(env)}`, async () => {
    await assert.rejects(readCliSettings(args, env), { name: 'ConfigInvalid', message });
  });
}

test('a config file that is missing, no JSON or no object is said by its name', async () => {
  await assert.rejects(
    readCliSettings(['--config', '/no/such.json'], {}),
    /config file \/no\/such\.json cannot be read/,
  );
  await using broken = await configFile('{ "port": ');
  await assert.rejects(readCliSettings(['--config', broken.path], {}), /gateway\.json is not JSON/);
  await using list = await configFile('[]');
  await assert.rejects(readCliSettings(['--config', list.path], {}), /gateway\.json is no JSON object/);
});
