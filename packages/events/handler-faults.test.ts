// Which errors of a handler count against the event.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { DatabaseUnavailable, DeadlineExceeded, ServiceUnavailable } from '@simplebank/chassis';
import { happened } from './events.fixture.ts';
import { classifyHandlerFault, describeFault, SequenceGap, type HandlerFault } from './handler-faults.ts';

const cases = [
  { what: 'any error', error: new Error('x'), fault: 'failure' },
  { what: 'something that is no error', error: 'x', fault: 'failure' },
  { what: 'a lost database', error: new DatabaseUnavailable(new Error('gone')), fault: 'infrastructure' },
  {
    what: 'a service that does not answer',
    error: new ServiceUnavailable('fees', undefined),
    fault: 'infrastructure',
  },
  { what: 'a deadline that has passed', error: new DeadlineExceeded('late'), fault: 'infrastructure' },
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
  sqlState('08006', 'a broken connection', 'infrastructure'),
  sqlState('25006', 'a read-only server', 'infrastructure'),
  sqlState('40001', 'a serialization failure', 'infrastructure'),
  sqlState('40P01', 'a deadlock', 'infrastructure'),
  sqlState('53100', 'a full disk', 'infrastructure'),
  sqlState('53200', 'a server without memory', 'infrastructure'),
  sqlState('55P03', 'a lock that is not available', 'infrastructure'),
  sqlState('57014', 'a statement that was cancelled', 'infrastructure'),
  sqlState('58030', 'an input or output error', 'infrastructure'),
  sqlState('22P02', 'a value that cannot be read', 'failure'),
  sqlState('23505', 'a unique violation', 'failure'),
  sqlState('25P02', 'a statement after an ignored error', 'failure'),
  sqlState('42P01', 'a table that is not there', 'failure'),
] as const;

function sqlState(code: string, what: string, fault: HandlerFault) {
  return { what: `${what} (${code})`, error: Object.assign(new Error('x'), { code }), fault };
}

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
