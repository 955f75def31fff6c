// What the Dockerfile says, as far as it can be read; image.int.test.ts does what it says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { containerOf, containerUser } from './container.ts';
import { commandOf, environmentOf, readStages, valuesOf } from './dockerfile.fixture.ts';

const stages = readStages();
const image = stages.at(-1);
assert(image);
const ignored = readFileSync(new URL('../.dockerignore', import.meta.url), 'utf8').split('\n');

test('every base image is pinned to a release', () => {
  assert(stages.length > 1);
  for (const { base } of stages) assert.match(base, /^[a-z]+:\d+\.\d+[\w.-]*$/);
});

test('it does not run as root, but as the user that the manifests name', () => {
  assert.deepEqual(valuesOf(image, 'USER'), [`${containerUser}:${containerUser}`]);
});

test('signals reach Node: both commands are lists, and the stop signal is the one that drains', () => {
  assert.deepEqual(commandOf(image, 'ENTRYPOINT'), ['node']);
  assert.deepEqual(commandOf(image, 'CMD'), containerOf('gateway').arguments);
  assert.deepEqual(valuesOf(image, 'STOPSIGNAL'), ['SIGTERM']);
});

test('its health check asks the readiness of its default command', () => {
  assert.deepEqual(commandOf(image, 'HEALTHCHECK'), ['node', 'deploy/probe.ts']);
  const { port } = containerOf('gateway');
  assert.equal(environmentOf(image)['PROBE_URL'], `http://127.0.0.1:${port}/readyz`);
});

test('dependencies are those of the lockfile, without the development ones', () => {
  const installs = stages.flatMap((stage) => valuesOf(stage, 'RUN')).filter((text) => /\bnpm\b/.test(text));
  assert.deepEqual(installs, ['npm ci --omit=dev --ignore-scripts']);
});

test('neither secrets nor data nor a local .env reach the build', () => {
  for (const path of ['deploy/secrets', '.data', '.env', '.git', '**/node_modules'])
    assert(ignored.includes(path), path);
  assert(!stages.some((stage) => valuesOf(stage, 'ARG').length > 0));
});

test('the reading of a Dockerfile stops at what it does not understand', () => {
  assert.throws(() => readStages('FROM a:1\nRUN one \\\n  two'), /not understood:   two/);
});
