// A stream whose client takes nothing, for as long as no other test waits.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { EventStream } from './event-stream.ts';

const keepAliveMs = 12_000;
const payload = { text: JSON.stringify('x'.repeat(16 * 1024 * 1024)), cursor: 'c' };

test('a client that takes nothing is cut off after two keep-alives, one that takes it goes on', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => void responses.push(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  async function open() {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    const got = { bytes: 0, slow: 0, closed: 0 };
    socket.on('data', ({ length }: Buffer) => (got.bytes += length));
    socket.write('GET / HTTP/1.1\r\nhost: bff\r\n\r\n');
    await until('the request is there', () => responses.length > 0);
    const response = responses.pop() ?? assert.fail('there is one');
    const onSlow = () => void (got.slow += 1);
    const onClosed = () => void (got.closed += 1);
    return { socket, got, stream: new EventStream(response, {}, { onSlow, onClosed }) };
  }
  const [deaf, slow] = [await open(), await open()];
  t.after(() => [deaf, slow].forEach(({ socket }) => socket.destroy()));
  for (const { socket, stream } of [deaf, slow]) {
    assert.equal(stream.room(), undefined);
    socket.pause();
    await stream.next(payload);
    assert.ok(stream.room() instanceof Promise);
  }
  for (let keepAlive = 1; keepAlive <= 2; keepAlive += 1) t.mock.timers.tick(keepAliveMs);
  assert.deepEqual([deaf.got.slow, slow.got.slow], [0, 0]);
  slow.socket.resume();
  await until('it has taken all', () => slow.stream.room() === undefined);
  t.mock.timers.tick(keepAliveMs);
  await until('the deaf one is cut off', () => deaf.got.closed === 1);
  assert.deepEqual([deaf.got.slow, slow.got.slow, slow.got.closed], [1, 0, 0]);
  assert.equal(await Promise.race([deaf.stream.room(), 'none']), undefined);
});
