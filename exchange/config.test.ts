// The settings: defaults, and one error for all mistakes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from './config.ts';

test('works without any setting', () => {
  const { host, port, controlPort, exitWithParent, tickMs } = readConfig({});
  assert.deepEqual([host, port, controlPort, exitWithParent, tickMs], ['127.0.0.1', 4100, 4101, false, 100]);
});

test('names every wrong setting at once', () => {
  assert.throws(
    () => readConfig({ EXCHANGE_PORT: 'x', EXCHANGE_TICK_MS: '0', EXCHANGE_EXIT_WITH_PARENT: 'yes' }),
    /EXCHANGE_PORT[^]*EXCHANGE_TICK_MS[^]*EXCHANGE_EXIT_WITH_PARENT/,
  );
  assert.throws(
    () => readConfig({ EXCHANGE_LEVEL_MIN_SHARES: '9', EXCHANGE_LEVEL_MAX_SHARES: '5' }),
    /EXCHANGE_LEVEL_MIN_SHARES: is above/,
  );
});
