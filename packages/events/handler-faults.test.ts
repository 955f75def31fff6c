// Which errors of a handler count against the event.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { DatabaseUnavailable, ServiceUnavailable } from '@simplebank/chassis';
import { happened } from './events.fixture.ts';
import { classifyHandlerFault, describeFault, SequenceGap } from './handler-faults.ts';

const cases = [
  { what: 'any error', error: new Error('x'), fault: 'failure' },
  { what: 'something that is no error', error: 'x', fault: 'failure' },
  { what: 'a lost database', error: new DatabaseUnavailable(new Error('gone')), fault: 'infrastructure' },
  {
    what: 'a service that does not answer',
    error: new ServiceUnavailable('fees', undefined),
    fault: 'infrastructure',
  },
  {
    what: 'a refused connection',
    error: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    fault: 'infrastructure',
  },
  {
    what: 'an error that asks for it',
    error: Object.assign(new Error('x'), { retryForever: true }),
    fault: 'infrastructure',
  },
  { what: 'a sequence gap', error: new SequenceGap(happened('a', 3)), fault: 'gap' },
  { what: 'a unique violation', error: Object.assign(new Error('x'), { code: '23505' }), fault: 'failure' },
] as const;

for (const { what, error, fault } of cases) {
  test(`${what} is ${fault}, also as a cause`, () => {
    assert.equal(classifyHandlerFault(error), fault);
    assert.equal(
      classifyHandlerFault(new Error('outer', { cause: new Error('middle', { cause: error }) })),
      fault,
    );
  });
}

test('a circle of causes ends', () => {
  const circle = new Error('round');
  circle.cause = circle;
  assert.equal(classifyHandlerFault(circle), 'failure');
});

test('a dead letter tells the error and its causes', () => {
  const error = new TypeError('outer', { cause: new Error('inner') });
  assert.equal(describeFault(error), 'TypeError: outer ← Error: inner');
  assert.equal(describeFault(7), '7');
});
