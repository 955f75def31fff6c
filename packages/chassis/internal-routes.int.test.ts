// Endpoints between services: who may call them, with what, and what they answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { testHost, testIdentity } from '@simplebank/testkit';
import { endpoint } from './endpoint.ts';
import { answers } from './internal-routes.ts';
import { PublicError, RequestRefused } from './rejection.ts';
import { createServiceTokens } from './service-token.ts';

const double = endpoint({
  service: 'fees',
  path: '/internal/double',
  request: z.object({ value: z.number().int() }),
  response: z.object({ doubled: z.number() }),
});
const typeDefs = 'type Query { hello: String }';

async function startFees(calls: unknown[] = []) {
  const fees = testHost({ service: 'fees' });
  const { url } = await fees.host.serveSubgraph({
    typeDefs,
    resolvers: { Query: { hello: () => 'hello' } },
    loaders: () => ({}),
    internal: [
      answers(double, async ({ value }) => {
        calls.push(value);
        if (value === 13) throw new PublicError({ code: 'FORBIDDEN', message: 'Not thirteen.' });
        return { doubled: value * 2 };
      }),
    ],
  });
  return { ...fees, url };
}

async function send(url: string, body: unknown, authorization?: string) {
  const response = await fetch(`${url}/internal/double`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return { status: response.status, code: answer.errors?.[0]?.extensions.code };
}

test('another service gets its answer, and the log says who asked', async () => {
  await using fees = await startFees();
  await using orders = testHost({ service: 'orders', addresses: { fees: fees.url } });
  assert.deepEqual(await orders.host.client.call(double, { value: 21 }), { doubled: 42 });
  const line = fees.logs.find(({ msg }) => msg === 'command');
  assert.equal(line?.['caller'], 'orders');
  assert.equal(line?.['path'], '/internal/double');
});

test("refuses a call without a token, with another service's, a stranger's and a customer's", async () => {
  await using identity = await testIdentity();
  const calls: unknown[] = [];
  await using fees = await startFees(calls);
  const forAccounts = await createServiceTokens({ service: 'orders', secret: 'shared' }).headerFor(
    'accounts',
  );
  const stranger = await createServiceTokens({ service: 'orders', secret: 'another' }).headerFor('fees');
  const customer = `Bearer ${identity.tokenFor({ customerId: 'cus-ada', accountIds: [] })}`;
  for (const authorization of [undefined, forAccounts, stranger, customer, 'Bearer x']) {
    assert.deepEqual(await send(fees.url, { value: 1 }, authorization), {
      status: 403,
      code: 'FORBIDDEN',
    });
  }
  assert.deepEqual(calls, []);
});

test('a body that does not fit never reaches the handler', async () => {
  const calls: unknown[] = [];
  await using fees = await startFees(calls);
  await using orders = testHost({ service: 'orders', addresses: { fees: fees.url } });
  await assert.rejects(orders.host.client.call(double, { value: 1.5 }), (error) => {
    assert.ok(error instanceof RequestRefused);
    assert.match(error.message, /400.*BAD_REQUEST/);
    return true;
  });
  assert.deepEqual(calls, []);
});

test("a handler's public error keeps its code", async () => {
  await using fees = await startFees();
  await using orders = testHost({ service: 'orders', addresses: { fees: fees.url } });
  await assert.rejects(orders.host.client.call(double, { value: 13 }), (error) => {
    assert.match(String((error as Error).cause), /403.*FORBIDDEN/);
    return true;
  });
});
