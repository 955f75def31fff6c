// What the catalogue says of sending again is what every error says by `retryable`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryableCodes } from '@simplebank/chassis';
import { errorCodes } from './error-codes.ts';

test('the codes that are worth sending again later are those that errors call retryable', () => {
  const later = Object.entries(errorCodes).filter(([, { retry }]) => retry === 'later');
  assert.deepEqual([...retryableCodes].toSorted(), later.map(([code]) => code).toSorted());
});
