import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { DatabaseUnavailable, DeadlineExceeded } from '@simplebank/chassis';
import { SessionLost } from './fix-session-store.ts';
import { writeFaultOf, type WriteFault } from './report-faults.ts';

const coded = (code: string) => Object.assign(new Error(code), { code });

test('only a fault that values can cause is about a report; infrastructure is tried again', () => {
  const table: [unknown, WriteFault][] = [
    [new SessionLost('gone'), 'lost'],
    [new DatabaseUnavailable(new Error('gone')), 'away'],
    [new DatabaseUnavailable(new Error('gone'), true), 'away'],
    [new DeadlineExceeded('late'), 'away'],
    ...['08006', '25006', '40001', '40P01', '53100', '55P03', '57014', '58030', '42P01'].map(
      (code): [unknown, WriteFault] => [coded(code), 'away'],
    ),
    [coded('EPIPE'), 'away'],
    [coded('ECONNREFUSED'), 'away'],
    ...['21000', '22003', '23514', '23505', '54000'].map((code): [unknown, WriteFault] => [
      coded(code),
      'report',
    ]),
    [coded('ERR_ASSERTION'), 'report'],
    [new RangeError('Invalid time value'), 'report'],
    ['thrown text', 'report'],
  ];
  for (const [error, expected] of table) assert.equal(writeFaultOf(error), expected, String(error));
});
