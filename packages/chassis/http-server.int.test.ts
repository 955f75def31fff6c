// The HTTP front of every service, over real sockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { request } from 'undici';
import { testHost, testIdentity, until } from '@simplebank/testkit';
import { currentContext, remainingMs } from './context.ts';
import { createHttpServer } from './http-server.ts';
import { createLogger } from './log.ts';
import { createMetrics } from './metrics.ts';

async function post(url: string, body: string, headers: Record<string, string> = {}) {
  const response = await request(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
}

function codeOf(text: string): unknown {
  return (JSON.parse(text) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code;
}

test('is alive and ready while it serves, and shows its metrics', async () => {
  await using fees = testHost({ service: 'fees' });
  const service = await fees.host.serveHttp((app) => void app.get('/hello', async () => ({ hello: true })));
  const alive = await fetch(`${service.url}/healthz`);
  assert.deepEqual([alive.status, await alive.json()], [200, { status: 'alive' }]);
  const ready = await fetch(`${service.url}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [200, { status: 'ready' }]);
  await (await fetch(`${service.url}/hello`)).text();
  await until('the request is counted', async () =>
    /http_request_seconds_count\{[^}]*route="\/hello"[^}]*\} 1/.test(
      await (await fetch(`${service.url}/metrics`)).text(),
    ),
  );
});

test('is not ready before the service says so', async () => {
  const log = createLogger({ service: 'fees', level: 'silent' });
  const app = createHttpServer({ log, metrics: createMetrics('fees'), isReady: () => false });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const ready = await fetch(`${url}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [503, { status: 'not ready' }]);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  await app.close();
});

test("answers with the client's correlation id, and with one of its own when the client's is none", async () => {
  await using fees = testHost({ service: 'fees' });
  const service = await fees.host.serveHttp(
    (app) => void app.post('/echo', async () => ({ id: currentContext()?.correlationId })),
  );
  const kept = await post(`${service.url}/echo`, '{}', { 'x-correlation-id': 'client-id-1' });
  assert.equal(kept.headers['x-correlation-id'], 'client-id-1');
  assert.deepEqual(JSON.parse(kept.text), { id: 'client-id-1' });
  const replaced = await post(`${service.url}/echo`, '{}', { 'x-correlation-id': 'no id' });
  assert.match(String(replaced.headers['x-correlation-id']), /^[0-9a-f-]{36}$/);
  assert.equal(
    (await fetch(`${service.url}/nowhere`, { headers: { 'x-correlation-id': 'client-id-2' } })).headers.get(
      'x-correlation-id',
    ),
    'client-id-2',
  );
});

test('an idempotency key that is none is refused, and not left out without a word', async () => {
  await using fees = testHost({ service: 'fees' });
  const service = await fees.host.serveHttp(
    (app) => void app.post('/echo', async () => ({ key: currentContext()?.idempotencyKey })),
  );
  const taken = await post(`${service.url}/echo`, '{}', { 'idempotency-key': '"k-1"' });
  assert.deepEqual(JSON.parse(taken.text), { key: 'k-1' });
  for (const key of ['two words', '', 'k'.repeat(65)]) {
    const refused = await post(`${service.url}/echo`, '{}', { 'idempotency-key': key });
    assert.deepEqual([refused.status, codeOf(refused.text)], [400, 'IDEMPOTENCY_KEY_INVALID'], key);
  }
});

test('an error is a problem of RFC 9457 with code, correlation id and whether to send it again', async () => {
  await using fees = testHost({ service: 'fees' });
  const service = await fees.host.serveHttp(() => undefined);
  const { status, headers, text } = await post(`${service.url}/nowhere`, '{}', {
    'x-correlation-id': 'client-id-3',
  });
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
  const said = { code: 'BAD_REQUEST', correlationId: 'client-id-3', retryable: false };
  const detail = 'There is nothing at this address.';
  assert.deepEqual(JSON.parse(text), {
    type: 'urn:simplebank:error:BAD_REQUEST',
    title: 'Not Found',
    status,
    detail,
    ...said,
    errors: [{ message: detail, extensions: said }],
  });
});

test('refuses what it cannot read with a code, and never with a stack trace', async () => {
  await using fees = testHost({ service: 'fees' });
  const service = await fees.host.serveHttp((app) => {
    app.post('/echo', async ({ body }) => body);
    app.post('/bug', async () => {
      throw new Error('the secret of the bug', { cause: new Error('the secret of its cause') });
    });
  });
  const cases: [string, { status: number; text: string }, number, string][] = [
    [
      'a body over the limit',
      await post(`${service.url}/echo`, JSON.stringify('x'.repeat(256 * 1024))),
      413,
      'BODY_TOO_LARGE',
    ],
    ['bad JSON', await post(`${service.url}/echo`, '{"half":'), 400, 'BAD_REQUEST'],
    ['an empty body', await post(`${service.url}/echo`, ''), 400, 'BAD_REQUEST'],
    ['a poisoned prototype', await post(`${service.url}/echo`, '{"__proto__":{"x":1}}'), 400, 'BAD_REQUEST'],
    [
      'a form',
      await post(`${service.url}/echo`, 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'BAD_REQUEST',
    ],
    ['an unknown path', await post(`${service.url}/nowhere`, '{}'), 404, 'BAD_REQUEST'],
    ['a path that is no path', await post(`${service.url}/%`, '{}'), 400, 'BAD_REQUEST'],
    [
      'a bug',
      await post(`${service.url}/bug`, '{}', { 'x-correlation-id': 'bug-report-1' }),
      500,
      'INTERNAL_ERROR',
    ],
  ];
  for (const [what, { status, text }, expectedStatus, code] of cases) {
    assert.equal(status, expectedStatus, what);
    assert.equal(codeOf(text), code, what);
    assert.doesNotMatch(text, /secret|\.ts|stack|node_modules/, what);
  }
  const failures = fees.logs.filter(({ level }) => level === 'error');
  assert.equal(failures.length, 1);
  assert.equal(failures[0]?.['correlationId'], 'bug-report-1');
  assert.match(JSON.stringify(failures[0]), /the secret of its cause/);
});

test('the context reaches handlers, also behind a body: caller, order id, trace and deadline', async () => {
  await using identity = await testIdentity();
  await using fees = testHost({
    service: 'fees',
    issuer: identity.issuer,
    addresses: { identity: identity.address },
  });
  const service = await fees.host.serveHttp(
    (app) =>
      void app.post('/context', async () => {
        await sleep(1);
        const context = currentContext();
        return {
          customer: context?.caller?.customerId,
          orderId: context?.orderId,
          traceparent: context?.traceparent,
          remaining: remainingMs(),
        };
      }),
  );
  const answer = await post(`${service.url}/context`, JSON.stringify({ filler: 'x'.repeat(100_000) }), {
    authorization: `Bearer ${identity.tokenFor({ customerId: 'cus-ada', accountIds: [] })}`,
    'x-order-id': 'ord-1',
    'x-deadline-ms': '20000',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
  const seen = JSON.parse(answer.text) as Record<string, unknown>;
  assert.equal(seen['customer'], 'cus-ada');
  assert.equal(seen['orderId'], 'ord-1');
  assert.match(String(seen['traceparent']), /^00-0af7651916cd43dd8448eb211c80319c-/);
  assert.ok(Number(seen['remaining']) > 15_000 && Number(seen['remaining']) <= 20_000);
});

for (const [given, least, most] of [
  ['0', 0, 0],
  ['1500', 1, 1500],
  ['999999', 20_000, 30_000],
  ['', 3_000, 5_000],
  ['-1', 3_000, 5_000],
  ['1e9', 3_000, 5_000],
  ['soon', 3_000, 5_000],
  ['Infinity', 3_000, 5_000],
] as const) {
  test(`a deadline of ${JSON.stringify(given)} ms leaves from ${least} to ${most} ms`, async () => {
    await using fees = testHost({ service: 'fees' });
    const service = await fees.host.serveHttp(
      (app) => void app.get('/left', async () => ({ left: remainingMs() })),
    );
    const response = await fetch(`${service.url}/left`, { headers: { 'x-deadline-ms': given } });
    const { left } = (await response.json()) as { left: number };
    assert.ok(left >= least && left <= most, String(left));
  });
}

test('what looks up the authorization of a request has its correlation id and its deadline', async () => {
  await using identity = await testIdentity();
  await using fees = testHost({
    service: 'fees',
    issuer: identity.issuer,
    addresses: { identity: identity.address },
  });
  const seen: unknown[] = [];
  const authorizationOf = async () => {
    await sleep(1);
    seen.push(currentContext()?.correlationId, Math.ceil((remainingMs() ?? Infinity) / 2_000));
    return `Bearer ${identity.tokenFor({ customerId: 'cus-ada', accountIds: [] })}`;
  };
  const service = await fees.host.serveHttp(
    (app) => void app.get('/me', async () => ({ customer: currentContext()?.caller?.customerId })),
    { authorizationOf },
  );
  const headers = { 'x-correlation-id': 'correlation-1', 'x-deadline-ms': '2000' };
  const me = await fetch(`${service.url}/me`, { headers });
  assert.deepEqual(await me.json(), { customer: 'cus-ada' });
  assert.deepEqual(seen, ['correlation-1', 1]);
});

test('a token that is not valid is refused before the handler, but health and metrics look at none', async () => {
  await using identity = await testIdentity();
  await using fees = testHost({
    service: 'fees',
    issuer: identity.issuer,
    addresses: { identity: identity.address },
  });
  const service = await fees.host.serveHttp((app) => {
    app.get('/me', async () => ({ customer: currentContext()?.caller?.customerId ?? null }));
    app.get('/open', { config: { anonymous: true } }, async () => ({ open: true }));
  });
  const expired = identity.tokenFor({ customerId: 'cus-ada', accountIds: [], expiresInSeconds: -1 });
  const headers = { authorization: `Bearer ${expired}` };
  const refused = await fetch(`${service.url}/me`, { headers });
  assert.equal(refused.status, 401);
  assert.equal(codeOf(await refused.text()), 'UNAUTHENTICATED');
  for (const path of ['/healthz', '/readyz', '/metrics', '/open']) {
    const response = await fetch(`${service.url}${path}`, { headers });
    assert.equal(response.status, 200, path);
    await response.text();
  }
  const nobody = await fetch(`${service.url}/me`);
  assert.deepEqual(await nobody.json(), { customer: null });
});

test('when the keys cannot be fetched the answer is SERVICE_UNAVAILABLE', async () => {
  await using identity = await testIdentity();
  await identity.stop();
  await using fees = testHost({
    service: 'fees',
    issuer: identity.issuer,
    addresses: { identity: identity.address },
  });
  const service = await fees.host.serveHttp((app) => void app.get('/me', async () => ({})));
  const token = identity.tokenFor({ customerId: 'cus-ada', accountIds: [] });
  const response = await fetch(`${service.url}/me`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 503);
  assert.equal(codeOf(await response.text()), 'SERVICE_UNAVAILABLE');
});

test('a graceful stop lets a running request finish, takes no new one and leaves no idle socket behind', async () => {
  await using fees = testHost({ service: 'fees' });
  const order: string[] = [];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let started = false;
  const service = await fees.host.serveHttp(
    (app) =>
      void app.get('/slow', async () => {
        started = true;
        await released;
        order.push('answered');
        return { done: true };
      }),
  );
  fees.host.onStop(() => void order.push('resource closed'));
  const idle = connect(Number(new URL(service.url).port), '127.0.0.1');
  idle.write('GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n');
  await once(idle, 'data');
  const running = fetch(`${service.url}/slow`);
  await until('the request runs', () => started);
  const idleClosed = once(idle, 'close');
  const stopped = service.stop();
  await idleClosed;
  await assert.rejects(fetch(`${service.url}/healthz`));
  const releasedAt = performance.now();
  release();
  assert.deepEqual(await (await running).json(), { done: true });
  await stopped;
  // Also the client's socket, which it would have kept for its next request.
  assert.ok(performance.now() - releasedAt < 3_000);
  assert.deepEqual(order, ['answered', 'resource closed']);
});

test('stops once however often it is asked, and a part that fails keeps no other from stopping', async () => {
  const fees = testHost({ service: 'fees' });
  let closed = 0;
  fees.host.onStop(() => void (closed += 1));
  fees.host.onStop(() => {
    throw new Error('does not close');
  });
  const service = await fees.host.serveHttp(() => undefined);
  await assert.rejects(service.stop(), /fees did not stop cleanly/);
  await assert.rejects(service.stop(), /fees did not stop cleanly/);
  assert.equal(closed, 1);
  assert.match(JSON.stringify(fees.logs), /does not close/);
});
