// How a replica comes and goes: announced when it listens, and served on while the others learn that it leaves.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
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

test(
  'a request that never arrives whole does not hold up the stop for ever',
  { timeout: 9_000 },
  async () => {
    const { host } = hostWith({});
    const stopped: string[] = [];
    host.onStop(() => void stopped.push('what was opened'));
    const service = await host.serveHttp((app) => void app.post('/hello', async () => ({})));
    const { hostname, port } = new URL(service.url);
    const client = connect(Number(port), hostname);
    client.on('error', () => undefined);
    const head =
      'POST /hello HTTP/1.1\r\nhost: fees\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{';
    await new Promise<void>((resolve) => client.write(head, () => resolve()));
    // An answer to a later request shows that the first has been read as far as it goes.
    assert.equal((await fetch(`${service.url}/healthz`)).status, 200);
    await service.stop();
    assert.deepEqual(stopped, ['what was opened']);
    client.destroy();
  },
);

test('a connection that was taken right before the listener closed is served nevertheless', async () => {
  const { host } = hostWith({ drainMs: 20 });
  const service = await host.serveHttp(hello);
  const { hostname, port } = new URL(service.url);
  const client = connect(Number(port), hostname).setEncoding('utf8');
  let answer = '';
  client.on('data', (text: string) => (answer += text));
  await once(client, 'connect');
  const stopping = service.stop();
  const isRefused = () =>
    fetch(`${service.url}/hello`).then(
      () => false,
      () => true,
    );
  await until('nobody is taken any more', isRefused);
  client.write('GET /hello HTTP/1.1\r\nhost: fees\r\n\r\n');
  await once(client, 'close');
  assert.match(answer, /^HTTP\/1\.1 200 /);
  await stopping;
});
