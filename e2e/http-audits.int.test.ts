// The public audits of the GraphQL-over-HTTP specification, against all that clients can reach.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { frontNames, openClientFronts, type ClientFronts } from './client-fronts.fixture.ts';

let fronts: ClientFronts;
// Some audits ask for the schema, to have a field with an argument.
before(async () => void (fronts = await openClientFronts({ INTROSPECTION: '1' })));
after(() => fronts[Symbol.asyncDispose]());

/** As the audits send them, and with the header that a GET needs against forgery. */
const plainFetch: typeof fetch = (input, init) => fetch(input, init);
const preflightedFetch: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('graphql-require-preflight', '1');
  return fetch(input, { ...init, headers });
};

async function auditsNotPassed(url: string, fetchFn: typeof fetch) {
  const audits = serverAudits({ url: `${url}/graphql`, fetchFn });
  assert.ok(audits.length > 40, 'the audits are there');
  const found: { name: string; status: string; reason: string }[] = [];
  for (const { name, fn } of audits) {
    const result = await fn();
    if (result.status === 'ok') continue;
    await result.response.body?.cancel();
    found.push({ name, status: result.status, reason: result.reason });
  }
  return found;
}

for (const name of frontNames) {
  test(`${name} passes every audit of graphql-http whose GET carries a header against forgery`, async () => {
    assert.deepEqual(await auditsNotPassed(fronts.urls[name], preflightedFetch), []);
  });

  test(`of the audits as they are, ${name} refuses the optional GET only, with a notice`, async () => {
    const found = await auditsNotPassed(fronts.urls[name], plainFetch);
    assert.ok(found.length > 0, 'a GET without the header is refused');
    for (const { name: audit, status, reason } of found) {
      assert.equal(status, 'notice', `${audit}: ${reason}`);
      assert.match(audit, /GET/);
    }
  });
}
