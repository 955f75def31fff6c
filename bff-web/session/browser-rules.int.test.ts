// Requests that pages of other sites could make a browser send: none is carried out, and none is answered readably.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgery, origin, query, webBff, type Asked } from './web-bff.fixture.ts';

const json = { 'content-type': 'application/json' };
const body = '{"query":"{ token }"}';
const stranger = 'https://evil.example';
const neighbour = 'https://app.test.example';

test('the cookie alone is no sign-in: a request must carry a header that no form can send', async () => {
  await using bff = await webBff();
  const cookie = await bff.signIn();
  for (const [what, path, asked] of [
    ['a query by POST', '/graphql', { method: 'POST', headers: json, body }],
    ['a query by GET', '/graphql?query={token}', { headers: { 'apollo-require-preflight': '1' } }],
    ['an empty header', '/graphql', { method: 'POST', headers: { ...json, 'x-csrf': '' }, body }],
    ['a stream', '/graphql/stream', { method: 'POST', headers: json, body }],
    ['a reserved stream', '/graphql/stream', { method: 'PUT' }],
    ['who is signed in', '/session', {}],
    ['signing out', '/session/logout', { method: 'POST' }],
  ] as const satisfies readonly (readonly [string, string, Asked])[]) {
    const { status, code } = await bff.ask(path, { cookie, ...asked });
    assert.deepEqual([status, code], [400, 'CSRF_REFUSED'], what);
  }
  assert.equal(bff.gateway.requests.length, 0);
  assert.match(await bff.tokenAt(cookie), /^Bearer/, 'the session is still there');
});

test('pages of other origins are refused, with the cookie and without, and may read nothing', async () => {
  await using bff = await webBff();
  const cookie = await bff.signIn();
  for (const from of [
    { origin: stranger },
    { origin: neighbour },
    { origin: 'null' },
    { origin: `${origin}.evil.example` },
    { origin: origin.replace('https', 'http') },
    { origin: stranger, 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ] as Record<string, string>[]) {
    for (const [path, asked] of [
      ['/graphql', query],
      ['/graphql/stream', query],
      ['/session', { headers: forgery }],
      ['/session/logout', { method: 'POST', headers: forgery }],
    ] as const) {
      for (const sent of [{ cookie }, {}]) {
        const answer = await bff.ask(path, { ...asked, ...sent, headers: { ...asked.headers, ...from } });
        const what = `${path} ${JSON.stringify(from)}`;
        assert.deepEqual([answer.status, answer.code], [403, 'ORIGIN_REFUSED'], what);
        assert.equal(answer.headers.get('access-control-allow-origin'), null, what);
      }
    }
  }
  assert.equal(bff.gateway.requests.length, 0);
  assert.match(await bff.tokenAt(cookie), /^Bearer/, 'the session is still there');
});

test('its own page may ask, by whichever header the browser says that it is its own', async () => {
  await using bff = await webBff();
  const cookie = await bff.signIn();
  for (const from of [
    { origin },
    { 'sec-fetch-site': 'same-origin' },
    { origin, 'sec-fetch-site': 'same-origin' },
  ]) {
    const { status } = await bff.ask('/graphql', {
      ...query,
      cookie,
      headers: { ...query.headers, ...from },
    });
    assert.equal(status, 200, JSON.stringify(from));
  }
});

test('an origin that is listed may ask and read, exactly it, after a preflight', async () => {
  await using bff = await webBff({ environment: { ALLOWED_ORIGINS: neighbour } });
  const cookie = await bff.signIn();
  const preflight = (from: string, path = '/graphql') =>
    bff.ask(path, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-csrf',
      },
    });
  const asked = await preflight(neighbour);
  assert.equal(asked.status, 204);
  assert.match(asked.headers.get('access-control-allow-headers') ?? '', /content-type.*x-csrf/);
  assert.equal((await preflight(neighbour, '/session/logout')).status, 204);
  const from = { origin: neighbour, 'sec-fetch-site': 'same-site' };
  const served: string[] = [];
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const { text } = await bff.ask('/graphql/stream', {
      method,
      cookie,
      headers: { ...forgery, ...json, ...from },
    });
    if (!text.includes('There is nothing at this address.')) served.push(method);
  }
  const listed = asked.headers.get('access-control-allow-methods')?.split(', ');
  assert.ok(served.includes('PATCH'));
  assert.deepEqual(listed, served);
  const answer = await bff.ask('/graphql', { ...query, cookie, headers: { ...query.headers, ...from } });
  const refusal = await bff.ask('/graphql', {
    ...query,
    cookie: '__Host-session=',
    headers: { ...query.headers, ...from },
  });
  const read = await bff.ask('/graphql?query={token}', { cookie, headers: { ...forgery, ...json, ...from } });
  assert.deepEqual([answer.status, refusal.status, read.status], [200, 401, 200]);
  for (const { headers } of [asked, answer, refusal, read]) {
    assert.equal(headers.get('access-control-allow-origin'), neighbour);
    assert.equal(headers.get('access-control-allow-credentials'), 'true');
    assert.match(headers.get('vary') ?? '', /origin/);
  }
  assert.match(read.headers.get('vary') ?? '', /cookie/);
  for (const other of [stranger, `${neighbour}.evil.example`, `${neighbour}:444`, 'null']) {
    const refused = await preflight(other);
    assert.deepEqual(
      [refused.status, refused.headers.get('access-control-allow-origin')],
      [403, null],
      other,
    );
  }
});

test('every answer tells the browser to hold to the strictest policy, and a page to its own files', async () => {
  await using bff = await webBff();
  const answers = [
    await bff.ask('/'),
    await bff.ask('/page/session.js'),
    await bff.ask('/session'),
    await bff.ask('/nowhere'),
    await bff.ask('/%E0%A4%A'),
    await bff.ask('/healthz'),
    await bff.ask('/graphql', query),
    await bff.ask('/graphql/stream', { method: 'POST', headers: json, body: '{' }),
    await bff.ask('/session/callback'),
  ];
  for (const { headers } of answers) {
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none';.*frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|data:|https?:/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.match(headers.get('strict-transport-security') ?? '', /^max-age=\d{8}; includeSubDomains$/);
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin');
  }
  assert.match(
    answers[0]?.headers.get('content-security-policy') ?? '',
    /script-src 'self'.*require-trusted-types-for/,
  );
});
