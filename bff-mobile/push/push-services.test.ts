// Which endpoints a device may name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownPushServices, pushServicesOf } from './push-services.ts';

const known = pushServicesOf(knownPushServices);

for (const endpoint of [
  'https://fcm.googleapis.com/fcm/send/abc:def',
  'https://updates.push.services.mozilla.com/wpush/v2/gAAAA',
  'https://web.push.apple.com/QPz',
  'https://wns2-par02p.notify.windows.com/w/?token=abc',
]) {
  test(`the push service of ${endpoint} is one`, () => assert.ok(known.includes(endpoint)));
}

for (const [what, endpoint] of [
  ['this machine', 'https://127.0.0.1/x'],
  ['this machine by name', 'https://localhost/x'],
  ['a private address', 'https://10.0.0.5/x'],
  ["the cloud's own", 'http://169.254.169.254/latest/meta-data/'],
  ['this machine in IPv6', 'https://[::1]/x'],
  ['a private address in IPv4 in IPv6', 'https://[::ffff:10.0.0.5]/x'],
  ['another service of the bank', 'http://accounts:4002/internal/post-trade'],
  ['a push service without encryption', 'http://fcm.googleapis.com/fcm/send/abc'],
  ['another port of a push service', 'https://fcm.googleapis.com:8443/fcm/send/abc'],
  ['a host that ends like one', 'https://evilfcm.googleapis.com/fcm'],
  ['a host that ends like a wildcard', 'https://evilnotify.windows.com/w'],
  ['a host that begins like one', 'https://fcm.googleapis.com.example/fcm'],
  ['one in the path', 'https://example.com/https://fcm.googleapis.com/'],
  ['a host behind a user name', 'https://fcm.googleapis.com@example.com/'],
  ['a user name before one', 'https://user:password@fcm.googleapis.com/'],
  ['another scheme', 'file:///etc/passwd'],
  ['no URL', 'fcm.googleapis.com'],
] as const) {
  test(`${what} is no push service`, () => assert.equal(known.includes(endpoint), false));
}

test('a bank in development names its own push service, by scheme, host and port', () => {
  const own = pushServicesOf('http://127.0.0.1:5000');
  assert.ok(own.includes('http://127.0.0.1:5000/push/1'));
  assert.equal(own.includes('http://127.0.0.1:5001/push/1'), false);
  assert.equal(own.includes('https://127.0.0.1:5000/push/1'), false);
  assert.equal(own.includes('https://fcm.googleapis.com/fcm/send/abc'), false);
});

test('a setting that is no list of origins is refused', () => {
  for (const text of ['fcm.googleapis.com', 'https://example.com/path', '*', 'https://*']) {
    assert.throws(() => pushServicesOf(text), /is no origin of a push service/, text);
  }
});
