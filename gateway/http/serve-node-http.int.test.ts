// The front on node:http, over real sockets: what only shows when bytes come slowly, in excess, or not at all.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { brotliDecompressSync } from 'node:zlib';
import { request } from 'undici';
import type { GatewayAnswer, GatewayRequest, RequestHandler } from '../gateway-request.ts';
import type { HttpFrontOptions } from './front-options.ts';
import { graphqlJsHandler } from './graphql-js-handler.fixture.ts';
import { createHttpFront } from './http-front.ts';
import { serveNodeHttp, type NodeServerOptions } from './serve-node-http.ts';

function serve(
  handler: RequestHandler = graphqlJsHandler(),
  server: Omit<Partial<NodeServerOptions>, 'front'> = {},
  options: HttpFrontOptions = {},
) {
  return serveNodeHttp({ port: 0, ...server, front: createHttpFront(handler, options) });
}

async function post(url: string, body: string, headers: Record<string, string> = {}) {
  const response = await request(`${url}/graphql`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const bytes = Buffer.from(await response.body.arrayBuffer());
  return { status: response.statusCode, headers: response.headers, bytes, text: bytes.toString() };
}

/** A handler whose answers are given by hand. */
function heldHandler() {
  const asked = Promise.withResolvers<GatewayRequest>();
  const answer = Promise.withResolvers<GatewayAnswer>();
  const handler: RequestHandler = {
    handle(given) {
      asked.resolve(given);
      return answer.promise;
    },
  };
  return { handler, asked: asked.promise, answer: answer.resolve };
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => void (text += part));
  await once(socket, 'close');
  return text;
}

const greeting = '{"query":"{ greeting }"}';
const executed: GatewayAnswer = { kind: 'executed', text: '{"data":{}}', hasData: true };

test('answers on a connection that is kept, also when a body comes in pieces', async () => {
  await using server = await serve();
  const socket = await openSocket(server.port);
  const whole = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${greeting.length}\r\n\r\n${greeting}`;
  socket.write(whole);
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(first.toString(), /^HTTP\/1\.1 200 OK[^]*\{"data":\{"greeting":"Hello you"\}\}$/);
  socket.write(whole.slice(0, -9));
  // The rest is sent when the first piece must have arrived: an answer on another connection proves it.
  await post(server.url, greeting);
  socket.write(whole.slice(-9));
  const [second] = (await once(socket, 'data')) as [Buffer];
  assert.match(second.toString(), /Hello you/);
  socket.destroy();
});

test('refuses a body beyond the limit, with its length told before or not', async () => {
  await using server = await serve(graphqlJsHandler(), { bodyLimitBytes: 1_000 });
  const large = JSON.stringify({ query: `{ greeting } #${'x'.repeat(3_000)}` });
  const told = await post(server.url, large);
  assert.deepEqual([told.status, JSON.parse(told.text).errors[0].extensions.code], [413, 'BODY_TOO_LARGE']);
  const socket = await openSocket(server.port);
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  socket.write(`${large.length.toString(16)}\r\n${large}\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 413 /);
  socket.destroy();
  assert.equal((await post(server.url, greeting)).status, 200);
});

test('a client that goes on sending after it was refused is cut off', async () => {
  await using server = await serve(graphqlJsHandler(), { bodyLimitBytes: 1_000 });
  const socket = await openSocket(server.port);
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90000000\r\n\r\n',
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 413 /);
  const closed = new Promise((resolve) => void socket.once('close', resolve));
  socket.write(Buffer.alloc(7_000, 0x20));
  await post(server.url, greeting);
  assert.equal(socket.destroyed, false, 'so much is read and dropped');
  socket.write(Buffer.alloc(7_000, 0x20));
  await closed;
});

test('a client that is gone aborts its request', async () => {
  const { handler, asked, answer } = heldHandler();
  await using server = await serve(handler);
  const controller = new AbortController();
  const asking = fetch(`${server.url}/graphql`, {
    method: 'POST',
    body: greeting,
    headers: { 'content-type': 'application/json' },
    signal: controller.signal,
  });
  const { signal } = (await asked).context;
  assert.equal(signal?.aborted, false);
  controller.abort();
  await assert.rejects(asking);
  if (signal?.aborted === false) await once(signal, 'abort');
  answer(executed);
});

test('an answered request is not aborted afterwards', async () => {
  const handler = graphqlJsHandler();
  const server = await serve(handler);
  await post(server.url, greeting, { connection: 'close' });
  await server.stop();
  assert.equal(handler.requests[0]?.context.signal?.aborted, false);
});

test('compresses large answers for those who ask', async () => {
  await using server = await serve();
  const large = JSON.stringify({ query: '{ big(size: 20000) }' });
  const plain = await post(server.url, large);
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(plain.headers['vary'], 'accept-encoding');
  const compressed = await post(server.url, large, { 'accept-encoding': 'br' });
  assert.equal(compressed.headers['content-encoding'], 'br');
  assert.equal(compressed.headers['content-length'], String(compressed.bytes.length));
  assert.equal(brotliDecompressSync(compressed.bytes).toString(), plain.text);
  assert.equal(
    (await post(server.url, greeting, { 'accept-encoding': 'br' })).headers['content-encoding'],
    undefined,
  );
});

test('health, readiness and metrics, and nothing else', async () => {
  let ready = false;
  await using server = await serve(graphqlJsHandler(), {
    isReady: () => ready,
    metrics: async () => 'up 1\n',
  });
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(server.url + path, { method });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get('/healthz?x'), [200, '{"status":"alive"}']);
  assert.deepEqual(await get('/healthz', 'HEAD'), [200, '']);
  assert.deepEqual(await get('/readyz'), [503, '{"status":"not ready"}']);
  ready = true;
  assert.deepEqual(await get('/readyz'), [200, '{"status":"ready"}']);
  assert.deepEqual(await get('/metrics'), [200, 'up 1\n']);
  assert.equal((await get('/metrics', 'POST'))[0], 405);
  for (const path of ['/', '/graphqlx', '/graphql/', '/metrics/', '/constructor']) {
    assert.equal((await get(path))[0], 404, path);
  }
});

test('a metrics callback that fails shows nothing of why', async () => {
  await using server = await serve(graphqlJsHandler(), {
    metrics: () => Promise.reject(new Error('the secret')),
  });
  const response = await fetch(`${server.url}/metrics`);
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /secret/);
});

test('what is no HTTP, and headers beyond the limit, are refused with a code', async () => {
  await using server = await serve(graphqlJsHandler(), { mostHeaderBytes: 2_000 });
  for (const [sent, status] of [
    ['NONSENSE\r\n\r\n', 400],
    [`GET /graphql?${'x'.repeat(3_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  ] as const) {
    const socket = await openSocket(server.port);
    socket.write(sent);
    assert.match(await readToEnd(socket), new RegExp(`^HTTP/1\\.1 ${status} [^]*"code":"BAD_REQUEST"`));
  }
});

test('a request that does not arrive whole in time is dropped with 408', async () => {
  await using server = await serve(graphqlJsHandler(), { headersTimeoutMs: 50, requestTimeoutMs: 100 });
  const socket = await openSocket(server.port);
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{',
  );
  assert.match(await readToEnd(socket), /^HTTP\/1\.1 408 /);
});

const multipart = { accept: 'multipart/mixed;deferSpec=20220824, application/json' };

test('sends the parts of a deferred answer as they come', async () => {
  const next = Promise.withResolvers<void>();
  async function* payloads() {
    yield '{"data":{"a":1},"hasNext":true}';
    await next.promise;
    yield '{"incremental":[{"data":{"b":2},"path":[]}],"hasNext":false}';
  }
  const seen: GatewayRequest[] = [];
  await using server = await serve({
    handle: (given) => {
      seen.push(given);
      return Promise.resolve({ kind: 'incremental', payloads: payloads() });
    },
  });
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    body: greeting,
    headers: { 'content-type': 'application/json', ...multipart },
  });
  assert.equal(seen[0]?.acceptsIncremental, true);
  assert.equal(response.headers.get('content-type'), 'multipart/mixed; boundary="-"; deferSpec=20220824');
  assert.ok(response.body);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.endsWith('"hasNext":true}\r\n---')) text += (await reader.read()).value ?? '';
  next.resolve();
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  const head = 'content-type: application/json; charset=utf-8';
  assert.equal(
    text,
    [
      '',
      '---',
      head,
      '',
      '{"data":{"a":1},"hasNext":true}',
      '---',
      head,
      '',
      '{"incremental":[{"data":{"b":2},"path":[]}],"hasNext":false}',
      '-----',
      '',
    ].join('\r\n'),
  );
});

test('a client that leaves a deferred answer ends it', async () => {
  const ended = Promise.withResolvers<string>();
  const { handler, asked, answer } = heldHandler();
  await using server = await serve(handler);
  const controller = new AbortController();
  const asking = fetch(`${server.url}/graphql`, {
    method: 'POST',
    body: greeting,
    headers: { 'content-type': 'application/json', ...multipart },
    signal: controller.signal,
  });
  const { signal } = (await asked).context;
  assert.ok(signal);
  async function* payloads() {
    try {
      yield '{"data":{},"hasNext":true}';
      await once(signal as AbortSignal, 'abort');
      yield '{"hasNext":false}';
    } finally {
      ended.resolve('ended');
    }
  }
  answer({ kind: 'incremental', payloads: payloads() });
  await asking;
  controller.abort();
  assert.equal(await ended.promise, 'ended');
});

test('a deferred answer that breaks ends with an error that shows nothing of why', async () => {
  const reported: unknown[] = [];
  async function* payloads() {
    yield '{"data":{},"hasNext":true}';
    throw new Error('the secret');
  }
  const handler: RequestHandler = {
    handle: () => Promise.resolve({ kind: 'incremental', payloads: payloads() }),
  };
  await using server = await serve(handler, {}, { report: ({ error }) => void reported.push(error) });
  const { text } = await post(server.url, greeting, multipart);
  assert.match(text, /"hasNext":false,"errors":\[\{[^]*"code":"INTERNAL_ERROR"[^]*\r\n-----\r\n$/);
  assert.doesNotMatch(text, /secret/);
  assert.equal(reported.length, 1);
});

test('stopping lets what is under way end, is no longer ready, and takes nothing new', async () => {
  const { handler, asked, answer } = heldHandler();
  const server = await serve(handler);
  const underWay = post(server.url, greeting);
  await asked;
  const kept = await openSocket(server.port);
  kept.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(kept, 'data');
  const stopped = server.stop();
  await assert.rejects(fetch(`${server.url}/healthz`));
  answer(executed);
  const { status, headers } = await underWay;
  assert.equal(status, 200);
  assert.equal(headers['connection'], 'close');
  assert.equal(await stopped, 0);
});

test('stopping closes after its time what does not end', async () => {
  const { handler, asked } = heldHandler();
  const server = await serve(handler);
  const lost = assert.rejects(post(server.url, greeting));
  await asked;
  assert.equal(await server.stop(20), 1);
  await lost;
});
