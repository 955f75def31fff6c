// The settings that decide whose pages may ask: nothing that is no exact origin gets in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, readConfig } from '@simplebank/chassis';
import { settings } from './config.ts';

const secrets = {
  CURSOR_SECRET: 'c'.repeat(32),
  SESSION_SECRET: 's'.repeat(32),
  BFF_WEB_CLIENT_SECRET: 'w'.repeat(32),
};
const read = (environment: Record<string, string>) =>
  readConfig('bff-web', { ...secrets, ...environment }, settings);

test('by default only pages of its own may ask, on this machine', () => {
  const { BFF_WEB_ORIGIN, ALLOWED_ORIGINS, IDENTITY_BROWSER_ORIGIN } = read({});
  assert.deepEqual(
    [BFF_WEB_ORIGIN, ALLOWED_ORIGINS, IDENTITY_BROWSER_ORIGIN],
    ['http://127.0.0.1:3000', [], undefined],
  );
});

test('takes origins as browsers write them', () => {
  const { BFF_WEB_ORIGIN, ALLOWED_ORIGINS } = read({
    BFF_WEB_ORIGIN: 'https://web.bank.example',
    ALLOWED_ORIGINS: 'https://app.bank.example http://localhost:5173',
  });
  assert.equal(BFF_WEB_ORIGIN, 'https://web.bank.example');
  assert.deepEqual(ALLOWED_ORIGINS, ['https://app.bank.example', 'http://localhost:5173']);
});

for (const [setting, value] of [
  ['BFF_WEB_ORIGIN', 'https://web.bank.example/'],
  ['BFF_WEB_ORIGIN', 'web.bank.example'],
  ['BFF_WEB_ORIGIN', 'https://web.bank.example:443'],
  ['BFF_WEB_ORIGIN', 'https://Web.bank.example'],
  ['ALLOWED_ORIGINS', '*'],
  ['ALLOWED_ORIGINS', 'null'],
  ['ALLOWED_ORIGINS', 'https://*.bank.example'],
  ['ALLOWED_ORIGINS', 'https://app.bank.example https://app.bank.example/path'],
  ['ALLOWED_ORIGINS', 'file:///index.html'],
  ['IDENTITY_BROWSER_ORIGIN', 'https://user:password@identity.bank.example'],
  ['SESSION_SECRET', 'short'],
] as const) {
  test(`refuses ${setting}=${value}`, () => {
    assert.throws(
      () => read({ [setting]: value }),
      (error: Error) => error instanceof ConfigError && error.message.includes(setting),
    );
  });
}
