// What a person reads when a part does not start: one line, with what lies beneath, without a stack trace.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, startingPart, textOf } from './start-fault.ts';

test('a fault is told with its causes', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
  const fault = new Error('orders could not open its database', { cause: refused });
  assert.equal(textOf(fault), 'orders could not open its database: connect ECONNREFUSED 127.0.0.1:1');
});

test('a cause that the fault quotes is told once, and one without a text by its code', () => {
  const cause = new Error('no route');
  assert.equal(textOf(new Error('Redis is away (no route)', { cause })), 'Redis is away (no route)');
  const nowhere = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
  assert.equal(textOf(new Error('no database', { cause: nowhere })), 'no database: ECONNREFUSED');
});

test('what several parts say alike is said once, with its cause', () => {
  const fault = () => new Error('no Redis', { cause: new Error('refused') });
  assert.equal(faultOf([fault(), fault(), 'also']).message, 'no Redis: refused\nalso');
});

test('a taken port is told with the setting that sets another one, and nothing more', async () => {
  const taken = new Error('listen EADDRINUSE: address already in use 127.0.0.1:3000');
  const starting = startingPart('bff-web', () => Promise.reject(taken));
  const text = textOf(await starting.catch((fault: unknown) => fault));
  assert.equal(text, 'bff-web cannot start: 127.0.0.1:3000 is taken; PORT_BFF_WEB sets another port');
});
