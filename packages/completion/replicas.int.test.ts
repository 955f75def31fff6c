// Two BFFs with a bus connection each, as in two processes behind a load balancer: both serve subscribers of the same
// order, and a client resumes at the other one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastSequence, openBffs } from './replicas.fixture.ts';

const follow = 'subscription ($after: String!) { orderUpdated(orderId: "ord-1", after: $after) { event } }';

interface Update {
  orderUpdated: { event: string };
}

const story = Array.from({ length: lastSequence }, (_, index) => `event ${index + 1}`);

test('subscribers of one order at two BFFs each get every event, the last one too, as soon as it happens', async () => {
  await using bffs = await openBffs();
  await bffs.happens();
  const followers = bffs.clients.flatMap((client) =>
    Array.from({ length: 3 }, () => client.follow<Update>(follow, { after: '0' })),
  );
  const startedAt = performance.now();
  for (const [index, expected] of story.entries()) {
    const payloads = await Promise.all(followers.map((updates) => updates.next()));
    const events = payloads.map(({ value }) => value?.data?.orderUpdated.event);
    assert.deepEqual(events, Array(followers.length).fill(expected));
    if (index + 1 < story.length) await bffs.happens();
  }
  const ends = await Promise.all(followers.map((updates) => updates.next()));
  assert.deepEqual(new Set(ends.map(({ done }) => done)), new Set([true]));
  // Each event came by the bus: the live queries' own poll takes 30 s for one.
  assert.ok(performance.now() - startedAt < 8_000);
});

test('who lost the one BFF resumes at the other, after each event in turn, and misses and repeats none', async () => {
  await using bffs = await openBffs();
  let after = '0';
  const seen: (string | undefined)[] = [];
  for (let sequence = 1; sequence <= lastSequence; sequence += 1) {
    await bffs.happens();
    const updates = bffs.clients[sequence % 2 === 0 ? 0 : 1].follow<Update>(follow, { after });
    const { value } = await updates.next();
    seen.push(value?.data?.orderUpdated.event);
    after = value?.extensions?.cursor ?? '';
    await updates.return?.();
  }
  assert.deepEqual(seen, story);
  for (const client of bffs.clients) {
    assert.equal((await client.follow<Update>(follow, { after }).next()).done, true);
  }
});
