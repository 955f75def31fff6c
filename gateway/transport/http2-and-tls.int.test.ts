// What our own client leaves to undici: https, HTTP/2 by ALPN, and HTTP/2 with prior knowledge over plain http.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSecureServer, createServer, type Http2SecureServer, type Http2Server } from 'node:http2';
import { it } from 'node:test';
import { codeOf, openTransport } from './ask-transport.fixture.ts';
import { contextOf } from './raw-subgraph.fixture.ts';
import { selfSigned } from './self-signed.fixture.ts';

interface Running extends AsyncDisposable {
  readonly port: number;
  /** The HTTP versions of the requests that came. */
  readonly versions: string[];
  readonly sessions: () => number;
}

/** Echoes the body; what begins with `wait` is never answered, `slow` a little later. */
async function run(server: Http2Server | Http2SecureServer): Promise<Running> {
  const versions: string[] = [];
  const open = new Set<{ destroy(): void }>();
  let sessions = 0;
  server.on('session', (session) => {
    sessions += 1;
    open.add(session);
    session.on('error', () => {});
  });
  server.on('connection', (socket) => open.add(socket));
  server.on('request', async (request, response) => {
    versions.push(request.httpVersion);
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (body.startsWith('wait')) return;
    if (body.startsWith('slow')) await new Promise((resolve) => setTimeout(resolve, 20));
    response.end(JSON.stringify({ data: { body, authorization: request.headers.authorization } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    versions,
    sessions: () => sessions,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const each of open) each.destroy();
      await closed;
    },
  };
}

const { key, cert } = selfSigned();
const context = () => contextOf({ headers: [['authorization', 'Bearer x']] });

for (const http2 of [false, true]) {
  it(`asks over https${http2 ? ' with HTTP/2 where it is offered' : ''}`, { timeout: 10_000 }, async () => {
    await using subgraph = await run(createSecureServer({ key, cert, allowHTTP1: true }));
    await using asked = openTransport([`https://127.0.0.1:${subgraph.port}/graphql`], {
      http2: () => http2,
      tls: { ca: cert },
    });
    const answer = await asked.query('first', context());
    assert.deepEqual(answer, { data: { body: 'first', authorization: 'Bearer x' }, errors: [] });
    const names = Array.from({ length: 20 }, (_, index) => `slow ${index}`);
    const answers = await Promise.all(names.map((name) => asked.query(name, context())));
    assert.deepEqual(
      answers.map(({ data }) => data?.['body']),
      names,
    );
    assert.deepEqual([...new Set(subgraph.versions)], [http2 ? '2.0' : '1.1']);
  });
}

it('does not trust a certificate that nobody vouches for', { timeout: 10_000 }, async () => {
  await using subgraph = await run(createSecureServer({ key, cert, allowHTTP1: true }));
  await using asked = openTransport([`https://127.0.0.1:${subgraph.port}/graphql`]);
  assert.equal(codeOf(await asked.query()), 'SERVICE_UNAVAILABLE');
  assert.deepEqual(subgraph.versions, []);
});

it(
  'asks over one plain connection with HTTP/2, and gives up one request alone',
  { timeout: 10_000 },
  async () => {
    await using subgraph = await run(createServer());
    await using asked = openTransport([`http://127.0.0.1:${subgraph.port}/graphql`], { http2: () => true });
    assert.equal(codeOf(await asked.query('first')), 'ok');
    const waiting = asked.query('wait', contextOf({ timeoutMs: 50 }));
    const names = Array.from({ length: 20 }, (_, index) => `slow ${index}`);
    const answers = await Promise.all(names.map((name) => asked.query(name)));
    assert.deepEqual(
      answers.map(({ data }) => data?.['body']),
      names,
    );
    assert.equal(codeOf(await waiting), 'DEADLINE_EXCEEDED');
    assert.equal(codeOf(await asked.query('last')), 'ok');
    assert.equal(subgraph.sessions(), 1);
    assert.deepEqual([...new Set(subgraph.versions)], ['2.0']);
  },
);
