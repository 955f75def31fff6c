// What our own client does beyond the contract of a link: when it gives a connection up, so that nothing that was left
// on one can be taken for an answer.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { it } from 'node:test';
import { codeOf, openTransport } from './ask-transport.fixture.ts';
import { Deadlines } from './deadlines.ts';
import { Http1Link } from './http1-link.ts';
import { defaultLimits } from './limits.ts';
import type { LinkFault } from './link.ts';
import { contextOf, httpAnswer, startRawSubgraph } from './raw-subgraph.fixture.ts';

const ok = httpAnswer('{"data":{"a":1}}');

it('gives up a connection that brought more than the answer', async () => {
  await using subgraph = await startRawSubgraph(({ socket }) =>
    socket.write(Buffer.concat([ok, Buffer.from('more')])),
  );
  await using asked = openTransport([subgraph.url]);
  for (let index = 0; index < 3; index++) assert.equal(codeOf(await asked.query()), 'ok');
  assert.equal(subgraph.connections(), 3);
});

it('gives up a connection that brings something while nobody asks', async () => {
  await using subgraph = await startRawSubgraph(({ socket }) => socket.write(ok));
  await using asked = openTransport([subgraph.url]);
  assert.equal(codeOf(await asked.query()), 'ok');
  await subgraph.connected(1);
  for (const socket of subgraph.openSockets) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
  await subgraph.connected(0);
  assert.equal(codeOf(await asked.query()), 'ok');
  assert.equal(subgraph.connections(), 2);
});

it('gives up a connection whose peer answered before it had the whole request', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause(); // the rest of the request stays where it is
      socket.write(ok);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  await using asked = openTransport([`http://127.0.0.1:${address.port}/`]);
  const long = 'x'.repeat(20_000_000);
  for (let index = 0; index < 2; index++) assert.equal(codeOf(await asked.query(long)), 'ok');
  assert.equal(connections, 2);
  server.close();
});

it('closes connections that are unused for long', async () => {
  await using subgraph = await startRawSubgraph(({ socket }) => socket.write(ok));
  await using asked = openTransport([subgraph.url], { limits: { idleConnectionMs: 100 } });
  await Promise.all([asked.query('a'), asked.query('b')]);
  assert.equal(asked.transport.snapshot().subgraphs[0]?.replicas[0]?.idle, 2);
  await subgraph.connected(0);
  assert.equal(asked.transport.snapshot().subgraphs[0]?.replicas[0]?.connections, 0);
});

it('counts a connection that does not come about in time as refused', async () => {
  await using subgraph = await startRawSubgraph(({ socket }) => socket.write(ok));
  const deadlines = new Deadlines();
  const target = { ...defaultLimits, url: new URL(subgraph.url), deadlineHeader: undefined, http2: false };
  const link = new Http1Link({ ...target, tls: undefined }, deadlines);
  const faults: LinkFault[] = [];
  link.send({
    body: '',
    lines: { text: '', equalityText: '', fingerprint: 0, pairs: () => [] },
    deadlineAt: Infinity,
    isMutation: true,
    wantsFreshConnection: false,
    carrier: undefined,
    onAnswer: () => assert.fail('answered'),
    onFault: (fault) => faults.push(fault),
  });
  // The connection is on the list at once, and made at the earliest when the event loop goes on.
  for (const connecting of deadlines.all()) connecting.expire();
  assert.deepEqual(
    faults.map(({ kind, wasSent }) => ({ kind, wasSent })),
    [{ kind: 'refused', wasSent: false }],
  );
  assert.deepEqual(link.counts(), { connections: 0, idle: 0, queued: 0 });
  assert.deepEqual(deadlines.all(), []);
  deadlines.close();
});

it('gives the answer of a request whose client left to nobody', async () => {
  await using subgraph = await startRawSubgraph(({ socket, body }) => {
    // Its answer comes right after its client has left.
    if (body === 'left') setImmediate(() => socket.write(ok));
    else socket.write(httpAnswer('{"data":{"a":2}}'));
  });
  await using asked = openTransport([subgraph.url], { limits: { maxConnections: 1 } });
  const controller = new AbortController();
  const left = asked.query('left', contextOf({ signal: controller.signal }));
  await subgraph.received(1);
  controller.abort();
  assert.equal(codeOf(await left), 'DEADLINE_EXCEEDED');
  const { data } = await asked.query('stayed');
  assert.deepEqual(data, { a: 2 });
});
