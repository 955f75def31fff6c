// How a replica comes and goes: announced when it listens, and served on while the others learn that it leaves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, type LogLine } from '@simplebank/testkit';
import { openHost, type Wiring } from './host.ts';

function hostWith(wiring: Partial<Wiring>) {
  const logs: LogLine[] = [];
  const host = openHost({
    service: 'fees',
    host: '127.0.0.1',
    port: 0,
    environment: {},
    serviceTokenSecret: 'a secret of this test only',
    issuer: 'https://identity.test.example',
    replicasOf: () => [],
    logDestination: { write: (line) => void logs.push(JSON.parse(line) as LogLine) },
    ...wiring,
  });
  return { host, logs };
}

const hello = (app: { get: (path: string, answer: () => Promise<object>) => unknown }) =>
  void app.get('/hello', async () => ({}));

test('is announced once it listens, and leaves before it stops serving', async () => {
  const steps: string[] = [];
  const { host } = hostWith({
    drainMs: 300,
    async announce(url) {
      steps.push(`announced ${(await fetch(`${url}/hello`)).status}`);
      return { leave: async () => void steps.push('left') };
    },
  });
  const service = await host.serveHttp(hello);
  const before = await fetch(`${service.url}/hello`);
  assert.equal(before.headers.get('connection'), 'keep-alive');
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200);

  const stopping = service.stop();
  await until('it has left', () => steps.includes('left'));
  const during = await fetch(`${service.url}/hello`);
  assert.equal(during.status, 200);
  assert.equal(during.headers.get('connection'), 'close');
  assert.equal((await fetch(`${service.url}/readyz`)).status, 503);
  await stopping;
  await assert.rejects(fetch(`${service.url}/hello`));
  assert.deepEqual(steps, ['announced 200', 'left']);
});

test('a start that cannot be announced has failed, and leaves nothing behind', async () => {
  let listened = '';
  const { host } = hostWith({
    async announce(url) {
      listened = url;
      throw new Error('Redis does not answer');
    },
  });
  let isStopped = false;
  host.onStop(() => void (isStopped = true));
  await assert.rejects(host.serveHttp(hello), /could not announce/);
  assert.ok(isStopped);
  await assert.rejects(fetch(`${listened}/hello`));
});

test('a replica that cannot say that it leaves stops all the same, and logs it', async () => {
  const { host, logs } = hostWith({
    announce: async () => ({ leave: () => Promise.reject(new Error('Redis does not answer')) }),
  });
  const service = await host.serveHttp(hello);
  await service.stop();
  assert.equal(logs.filter(({ level, msg }) => level === 'warn' || /leave/.test(String(msg))).length, 1);
});
