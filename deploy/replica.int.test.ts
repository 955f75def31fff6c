// A replica that dies of a fault soon after each start comes back, ever later, and the log says what it died of.
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { devNull } from 'node:os';
import { test } from 'node:test';
import { redisMissing, startRedis, until } from '@simplebank/testkit';
import { startReplica } from './replica.ts';

/** A fault that nobody catches, when the test says so. */
const poison = encodeURIComponent(`process.on('SIGUSR2', () => { throw new Error('poisoned') })`);

test('a replica that dies of a fault tells it, and is started again', { skip: redisMissing }, async () => {
  await using redis = await startRedis();
  await using nowhere = await open(devNull, 'w');
  const lines: { message: string; fields: Record<string, unknown> }[] = [];
  const replica = await startReplica({
    service: 'gateway',
    port: 0,
    environment: {
      ...process.env,
      NODE_OPTIONS: `--import=data:text/javascript,${poison}`,
      REDIS_URL: redis.url,
      SERVICE_TOKEN_SECRET: 'x'.repeat(32),
    },
    logFd: nowhere.fd,
    log: (_level, message, fields = {}) => void lines.push({ message, fields: { ...fields } }),
  });
  await using _removed = { [Symbol.asyncDispose]: () => replica.remove() };
  for (const pauseMs of [100, 200]) {
    const restarted = replica.restarted();
    process.kill(replica.pid() ?? assert.fail('it runs'), 'SIGUSR2');
    await until('its death is told', () => lines.length > 0);
    const { message, fields } = lines.pop() ?? assert.fail('a line');
    assert.match(message, /^a replica of gateway ended/);
    assert.match(String(fields['said']), /Error: poisoned/);
    assert.equal(fields['pauseMs'], pauseMs);
    await restarted;
  }
});
