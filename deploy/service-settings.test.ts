// A service without its settings says which, all it can at once, and never what a wrong one holds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readServiceSettings } from './service-settings.ts';

const whole = {
  DATABASE_URL: 'postgres://orders:secret@127.0.0.1:5432/orders',
  REDIS_URL: 'rediss+cluster://user:secret@10.0.0.1:7000,10.0.0.2:7000',
  SERVICE_TOKEN_SECRET: 'x'.repeat(32),
};

test('whole settings are taken, also those of a Redis Cluster', () => {
  const { port, needsBus, DISCOVERY } = readServiceSettings('orders', whole);
  assert.deepEqual({ port, needsBus, DISCOVERY }, { port: 4003, needsBus: true, DISCOVERY: 'redis' });
});

const wrong: readonly (readonly [string, string, RegExp])[] = [
  ['DATABASE_URL', 'geheim', /DATABASE_URL: is no postgres:\/\/ URL/],
  ['DATABASE_URL', 'mysql://u:geheim@127.0.0.1/x', /DATABASE_URL: is no postgres:\/\/ URL/],
  ['DATABASE_URL', '', /DATABASE_URL: orders keeps data/],
  ['REDIS_URL', 'geheim', /REDIS_URL: is no redis:\/\/ URL/],
  ['REDIS_URL', '', /REDIS_URL: orders needs Redis for its events/],
  ['SERVICE_TOKEN_SECRET', '', /SERVICE_TOKEN_SECRET: is not set/],
  ['SERVICE_TOKEN_SECRET', 'geheim', /SERVICE_TOKEN_SECRET: has less than 32 characters/],
  ['ADVERTISE_URL', '10.0.0.7 4003', /ADVERTISE_URL: is no http:\/\/ URL/],
];

for (const [name, value, message] of wrong) {
  test(`${name}=${value} is refused, and not repeated`, () => {
    assert.throws(
      () => readServiceSettings('orders', { ...whole, [name]: value }),
      (fault) => {
        assert.ok(fault instanceof Error);
        assert.match(fault.message, message);
        assert.doesNotMatch(fault.message, /geheim/);
        return true;
      },
    );
  });
}
