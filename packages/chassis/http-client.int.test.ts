// Calls between services when the other side hangs, drops, refuses, talks nonsense or is gone.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { z } from 'zod';
import { answerJson, testHost, testPeer, until, type PeerAnswer } from '@simplebank/testkit';
import { backgroundContext, runInContext } from './context.ts';
import { DeadlineExceeded } from './database-faults.ts';
import { endpoint } from './endpoint.ts';
import { publicFault, RequestRefused, ServiceUnavailable } from './rejection.ts';

const ask = endpoint({
  service: 'fees',
  path: '/internal/ask',
  request: z.object({ value: z.number() }),
  response: z.object({ answer: z.number() }),
});

function ordersCalling(address: string) {
  return testHost({ service: 'orders', addresses: { fees: address } });
}

test('sends token, context and what is left of the deadline, and reads the answer', async () => {
  await using peer = await testPeer((_request, response) => answerJson(response, { answer: 42 }));
  await using orders = ordersCalling(peer.address);
  const context = {
    ...backgroundContext({ correlationId: 'correlation-1', orderId: 'ord-1' }),
    deadlineAt: performance.now() + 900,
  };
  const answer = await runInContext(context, () => orders.host.client.call(ask, { value: 1 }));
  assert.deepEqual(answer, { answer: 42 });
  const [request] = peer.requests;
  assert.equal(request?.url, '/internal/ask');
  assert.equal(request.body, '{"value":1}');
  assert.equal(request.headers['x-correlation-id'], 'correlation-1');
  assert.equal(request.headers['x-order-id'], 'ord-1');
  assert.match(String(request.headers.authorization), /^Bearer /);
  const left = Number(request.headers['x-deadline-ms']);
  assert.ok(left > 0 && left <= 900, String(left));
});

test('when the deadline passes the caller learns it in time and the server sees the request aborted', async () => {
  await using peer = await testPeer(() => undefined);
  await using orders = ordersCalling(peer.address);
  const startedAt = performance.now();
  await assert.rejects(orders.host.client.call(ask, { value: 1 }, { timeoutMs: 100 }), DeadlineExceeded);
  assert.ok(performance.now() - startedAt < 1_000);
  await until('the server sees the abort', () => peer.aborted.length === 1);
  assert.equal(peer.requests.length, 1);
});

test('the deadline covers an answer that stops halfway', async () => {
  await using peer = await testPeer((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      .write('{"answer":');
  });
  await using orders = ordersCalling(peer.address);
  await assert.rejects(orders.host.client.call(ask, { value: 1 }, { timeoutMs: 100 }), DeadlineExceeded);
});

test('with no time left nothing is sent', async () => {
  await using peer = await testPeer((_request, response) => answerJson(response, { answer: 1 }));
  await using orders = ordersCalling(peer.address);
  const context = { ...backgroundContext({}), deadlineAt: performance.now() - 1 };
  await assert.rejects(
    runInContext(context, () => orders.host.client.call(ask, { value: 1 })),
    DeadlineExceeded,
  );
  assert.equal(peer.requests.length, 0);
});

test('asks again after a dropped connection', async () => {
  let drops = 2;
  await using peer = await testPeer((_request, response) => {
    if (drops > 0) {
      drops -= 1;
      response.destroy();
    } else answerJson(response, { answer: 7 });
  });
  await using orders = ordersCalling(peer.address);
  assert.deepEqual(await orders.host.client.call(ask, { value: 1 }), { answer: 7 });
  assert.equal(peer.requests.length, 3);
});

test('one call takes at most three retries, so that it leaves some to others', async () => {
  await using peer = await testPeer((_request, response) => answerJson(response, {}, 500));
  await using orders = ordersCalling(peer.address);
  await assert.rejects(orders.host.client.call(ask, { value: 1 }), ServiceUnavailable);
  assert.equal(peer.requests.length, 4);
});

test('the budget bounds the retries of all calls, and the breaker then spares a target that fails', async () => {
  await using peer = await testPeer((_request, response) => answerJson(response, {}, 503));
  await using orders = ordersCalling(peer.address);
  const calls = 40;
  for (let call = 0; call < calls; call += 1)
    await assert.rejects(orders.host.client.call(ask, { value: call }), ServiceUnavailable);
  // Ten failures in a row open the breaker; within its pause nothing reaches the target.
  assert.equal(peer.requests.length, 10);
});

test('the breaker lets calls through again after its pause', async () => {
  let isBroken = true;
  await using peer = await testPeer((_request, response) =>
    isBroken ? answerJson(response, {}, 500) : answerJson(response, { answer: 1 }),
  );
  await using orders = ordersCalling(peer.address);
  const call = () => orders.host.client.call(ask, { value: 1 });
  for (let failures = 0; failures < 5; failures += 1) await assert.rejects(call(), ServiceUnavailable);
  isBroken = false;
  await assert.rejects(call(), ServiceUnavailable);
  const whileOpen = peer.requests.length;
  await until('the breaker closes', () =>
    call().then(
      () => true,
      () => false,
    ),
  );
  assert.equal(peer.requests.length, whileOpen + 1);
  assert.deepEqual(await call(), { answer: 1 });
});

for (const status of [400, 409, 413, 422]) {
  test(`a request that is refused with ${status} is a fault of its own, which says why, and no outage`, async () => {
    await using peer = await testPeer((_request, response) =>
      answerJson(response, { why: 'no such' }, status),
    );
    await using orders = ordersCalling(peer.address);
    await assert.rejects(orders.host.client.call(ask, { value: 1 }), (fault) => {
      assert.ok(fault instanceof RequestRefused);
      assert.equal(fault.message, `/internal/ask answered ${status}: {"why":"no such"}`);
      assert.equal(publicFault(fault).code, 'INTERNAL_ERROR');
      return true;
    });
    assert.equal(peer.requests.length, 1);
  });
}

test('what another version of the service does not know yet is no refusal, and no sign of an outage', async () => {
  const unknown: PeerAnswer = (_request, response) => answerJson(response, { why: 'no such' }, 404);
  await using older = await testPeer(unknown);
  await using orders = ordersCalling(older.address);
  for (let call = 0; call < 15; call += 1) {
    await assert.rejects(orders.host.client.call(ask, { value: call }), (fault) => {
      assert.ok(fault instanceof ServiceUnavailable);
      assert.match(String(fault.cause), /\/internal\/ask answered 404: {"why":"no such"}/);
      return true;
    });
  }
  // The breaker never opened, or the last calls had not been sent.
  assert.ok(older.requests.length >= 15);

  await using newer = await testPeer((_request, response) => answerJson(response, { answer: 9 }));
  await using rolling = testHost({ service: 'orders', addresses: { fees: [older.address, newer.address] } });
  for (let call = 0; call < 6; call += 1)
    assert.deepEqual(await rolling.host.client.call(ask, { value: call }), { answer: 9 });
});

for (const status of [401, 403, 404, 408, 429, 503]) {
  test(`a request that is put off with ${status} is sent again`, async () => {
    let isLate = true;
    await using peer = await testPeer((_request, response) => {
      if (isLate) answerJson(response, {}, status);
      else answerJson(response, { answer: 3 });
      isLate = false;
    });
    await using orders = ordersCalling(peer.address);
    assert.deepEqual(await orders.host.client.call(ask, { value: 1 }), { answer: 3 });
  });
}

test('a request that is refused is not sent again and does not open the breaker', async () => {
  await using peer = await testPeer((request, response) =>
    request.body === '{"value":0}' ? answerJson(response, {}, 400) : answerJson(response, { answer: 1 }),
  );
  await using orders = ordersCalling(peer.address);
  for (let call = 0; call < 15; call += 1)
    await assert.rejects(orders.host.client.call(ask, { value: 0 }), RequestRefused);
  assert.equal(peer.requests.length, 15);
  assert.deepEqual(await orders.host.client.call(ask, { value: 1 }), { answer: 1 });
});

test('callers that leave no time for an answer do not open the breaker for the others', async () => {
  await using peer = await testPeer((request, response) => {
    if (request.body !== '{"value":0}') answerJson(response, { answer: 1 });
  });
  await using orders = ordersCalling(peer.address);
  for (let call = 0; call < 15; call += 1)
    await assert.rejects(orders.host.client.call(ask, { value: 0 }, { timeoutMs: 10 }), DeadlineExceeded);
  assert.deepEqual(await orders.host.client.call(ask, { value: 1 }), { answer: 1 });
});

for (const [what, text] of [
  ['does not fit its schema', '{"answer":"many"}'],
  ['is HTML', '<html></html>'],
  ['is half of a JSON text', '{"answer":'],
  ['is empty', ''],
] as const) {
  test(`an answer that ${what} is a fault`, async () => {
    await using peer = await testPeer((_request, response) => void response.writeHead(200).end(text));
    await using orders = ordersCalling(peer.address);
    await assert.rejects(orders.host.client.call(ask, { value: 1 }), (error) => {
      assert.ok(error instanceof ServiceUnavailable);
      assert.ok(error.cause instanceof Error);
      return true;
    });
  });
}

test('a target that nobody listens for, or whose address is not known yet, is a fault', async () => {
  const peer = await testPeer(() => undefined);
  await peer[Symbol.asyncDispose]();
  await using orders = ordersCalling(peer.address);
  await assert.rejects(orders.host.client.call(ask, { value: 1 }), ServiceUnavailable);
  await using early = testHost({ service: 'orders' });
  await assert.rejects(early.host.client.call(ask, { value: 1 }), ServiceUnavailable);
});

test('calls at the same time keep their own deadlines', async () => {
  await using peer = await testPeer(async (request, response) => {
    if (request.body === '{"value":1}') await sleep(300);
    answerJson(response, { answer: 1 });
  });
  await using orders = ordersCalling(peer.address);
  const [slow, fast] = await Promise.allSettled([
    orders.host.client.call(ask, { value: 1 }, { timeoutMs: 50 }),
    orders.host.client.call(ask, { value: 2 }, { timeoutMs: 5_000 }),
  ]);
  assert.ok(slow.status === 'rejected' && slow.reason instanceof DeadlineExceeded);
  assert.equal(fast.status, 'fulfilled');
});
