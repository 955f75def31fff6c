// The public audits of the GraphQL-over-HTTP specification, against the front over a real socket.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import type { HttpFrontOptions } from './front-options.ts';
import { createHttpFront } from './http-front.ts';
import { graphqlJsHandler } from './graphql-js-handler.fixture.ts';
import { serveNodeHttp } from './serve-node-http.ts';

/** Counts of audits that are not plainly passed, by their status. */
async function failedAudits(options: HttpFrontOptions) {
  await using server = await serveNodeHttp({ front: createHttpFront(graphqlJsHandler(), options), port: 0 });
  const audits = serverAudits({ url: `${server.url}/graphql`, fetchFn: fetch });
  assert.ok(audits.length > 40, 'the audits are there');
  const failed: { id: string; status: string; reason: string }[] = [];
  for (const audit of audits) {
    const { id, status, ...result } = await audit.fn();
    if (status !== 'ok')
      failed.push({ id, status, reason: `${audit.name}: ${'reason' in result ? result.reason : ''}` });
  }
  return failed;
}

test('passes every audit of graphql-http without CSRF prevention, which no audit knows', async () => {
  assert.deepEqual(await failedAudits({ csrfPrevention: false }), []);
});

test('with CSRF prevention only the optional GET of the audits is refused', async () => {
  const failed = await failedAudits({});
  assert.ok(failed.length > 0, 'it is on by default');
  for (const { id, status, reason } of failed) assert.equal(status, 'notice', `${id} ${reason}`);
  assert.ok(
    failed.every(({ reason }) => reason.includes('GET')),
    JSON.stringify(failed),
  );
});
