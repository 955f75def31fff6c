// Who shares a live query with whom, and that sharing loses, repeats and shows nothing that it should not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { until } from '@simplebank/testkit';
import type { GatewayAnswer } from '../gateway-client.ts';
import { orderStory } from './live-queries.fixture.ts';

test('equal subscribers share one read and one text', async () => {
  using story = orderStory(9);
  const { follow, happen, reads, queries, changes } = story;
  const all = Array.from({ length: 100 }, () => follow(undefined));
  await until('all have the newest event', () => all.every(({ events }) => events.length === 1));
  happen();
  await until('all have the next one', () => all.every(({ events }) => events.length === 2));
  assert.deepEqual(new Set(all.map(({ texts }) => texts.join())).size, 1);
  assert.deepEqual([queries.running, changes.listeners()], [1, 1]);
  assert.ok(reads.length <= 4, `${reads.length} reads`);
  assert.ok(reads.every(({ isFresh }) => isFresh === true));
});

for (const [what, holder, format] of [
  ['other rights', { rights: 'bob' }, undefined],
  ['other variables', {}, 'short'],
] as const) {
  test(`subscribers with ${what} share nothing`, async () => {
    using story = orderStory(9);
    const { follow, reads, queries } = story;
    const all = [follow(undefined), follow(undefined, holder, format)];
    await until('both have the newest event', () => all.every(({ events }) => events.length === 1));
    assert.equal(queries.running, 2);
    assert.equal(reads.length, 2);
  });
}

test('who resumes further back catches up alone, and is then taken in', async () => {
  using story = orderStory(9);
  const { follow, happen, log, queries } = story;
  log.length = 5;
  const first = follow(undefined);
  await until('the first is level', () => first.events.length === 1);
  const late = follow(2);
  await until('the late one is level', () => late.events.length === 3);
  await until('they share', () => queries.running === 1);
  happen();
  await until('both have the next event', () => first.events.length === 2 && late.events.length === 4);
  assert.deepEqual(
    [first.events, late.events],
    [
      [5, 6],
      [3, 4, 5, 6],
    ],
  );
});

test('whenever they come, from wherever they resume: each gets each event once, in order, to the end', async () => {
  const final = 12;
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: final }), { nil: 'news' as const }), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.boolean(), { maxLength: 30 }), async (script, turns) => {
      using story = orderStory(final);
      const { follow, happen, log, queries, changes } = story;
      const all: { from: number; got: ReturnType<typeof follow> }[] = [];
      for (const [index, step] of script.entries()) {
        if (step !== 'news')
          all.push({ from: Math.min(step, log.length), got: follow(Math.min(step, log.length)) });
        else if (log.length < final) happen();
        if (turns[index] === true) await new Promise(setImmediate);
      }
      while (log.length < final) happen();
      await until('all have ended', () => all.every(({ got }) => got.ended.length === 1));
      for (const { from, got } of all) {
        assert.deepEqual(
          got.events,
          Array.from({ length: final - from }, (_, index) => from + 1 + index),
        );
        assert.deepEqual(got.ended, [undefined]);
      }
      assert.deepEqual([queries.running, changes.listeners()], [0, 0]);
    }),
    { numRuns: 40 },
  );
});

test('whose token runs out ends alone, and is read for by nobody', async () => {
  using story = orderStory(9);
  const { follow, happen, reads } = story;
  const expired = follow(undefined, { authorization: 'Bearer old' });
  const valid = follow(undefined);
  await until('both have the newest event', () => expired.events.length + valid.events.length === 2);
  expired.holder = { ...expired.holder, expiresAtMs: Date.now() - 1 };
  happen();
  await until('the other has the next event', () => valid.events.length === 2);
  assert.deepEqual(expired.events, [1]);
  assert.equal(expired.ended[0]?.[0]?.extensions?.['code'], 'UNAUTHENTICATED');
  assert.equal(reads.at(-1)?.authorization, 'Bearer ada');
});

test('whose token runs out is told so although nothing happens', async () => {
  using story = orderStory(9);
  const { follow, queries, reads } = story;
  const [expired, valid] = [follow(undefined), follow(undefined)];
  await until('both have the newest event', () => expired.events.length + valid.events.length === 2);
  expired.holder = { ...expired.holder, expiresAtMs: Date.now() - 1 };
  const before = reads.length;
  queries.sweep();
  assert.equal(expired.ended[0]?.[0]?.extensions?.['code'], 'UNAUTHENTICATED');
  assert.deepEqual([valid.ended, reads.length], [[], before]);
});

test('what no hint told of is read all the same, within a minute', async (t) => {
  const start = Date.now();
  t.mock.timers.enable({ apis: ['Date'], now: start });
  using story = orderStory(9);
  const { follow, log, queries, reads } = story;
  const got = follow(undefined);
  got.holder = { ...got.holder, expiresAtMs: Infinity };
  await until('it has the newest event', () => got.events.length === 1);
  log.length += 1;
  t.mock.timers.setTime(start + 29_000);
  queries.sweep();
  await new Promise(setImmediate);
  assert.equal(reads.length, 1);
  t.mock.timers.setTime(start + 61_000);
  queries.sweep();
  await until('it has the next event', () => got.events.length === 2);
});

test('the last of a group that runs out leaves nothing behind that others could join', async () => {
  using story = orderStory(9);
  const { follow, happen, queries } = story;
  const expired = follow(undefined);
  await until('it has the newest event', () => expired.events.length === 1);
  expired.next = () => {
    queries.leave(expired);
    return undefined;
  };
  happen();
  await until('its live query has ended', () => queries.running === 0);
  const next = follow(1);
  await until('the next one gets what is new', () => next.events.length === 1);
  happen();
  await until('and what comes then', () => next.events.length === 2);
});

test('a variable that is left out is not shared with one that is null', async () => {
  using story = orderStory(9);
  const { follow, queries } = story;
  follow(undefined);
  follow(undefined, {}, null);
  assert.equal(queries.running, 2);
});

test('who gets other rights with a new token goes on where it was, among its equals', async () => {
  using story = orderStory(9);
  const { follow, happen, queries, reads } = story;
  const [one, other] = [follow(undefined), follow(undefined)];
  await until('both have the newest event', () => one.events.length + other.events.length === 2);
  one.holder = { ...one.holder, authorization: 'Bearer more', rights: 'ada and more' };
  queries.renewed(one);
  assert.equal(queries.running, 2);
  happen();
  await until('both have the next event', () => one.events.length + other.events.length === 4);
  assert.deepEqual(one.events, [1, 2]);
  assert.deepEqual(new Set(reads.map(({ authorization }) => authorization)).size, 2);
});

test('a slow subscriber is waited for while it is alone, and holds nobody up', async () => {
  using story = orderStory(200);
  const { follow, log, reads } = story;
  log.length = 199;
  const slow = follow(0);
  const taken = Promise.withResolvers<void>();
  slow.slow = taken.promise;
  await until('the first event is on its way', () => slow.events.length === 1);
  await new Promise(setImmediate);
  assert.deepEqual([slow.events.length, reads.length], [1, 1]);
  const quick = follow(1);
  await until('the quick one has all', () => quick.events.length === 198);
  assert.ok(slow.events.length > 1);
});

test('a fault is told to its subscribers as INTERNAL_ERROR, and logged with its cause', async () => {
  using story = orderStory(9);
  const { follow, script, faults, queries } = story;
  const bug = new Error('a bug of this test');
  script.push(() => Promise.reject(bug));
  const got = follow(undefined);
  await until('it has ended', () => got.ended.length === 1);
  const { code, retryable } = got.ended[0]?.[0]?.extensions ?? {};
  assert.deepEqual([code, retryable], ['INTERNAL_ERROR', true]);
  assert.deepEqual([faults, queries.running], [[bug], 0]);
});

const refusedWith = (code: string) => ({ data: null, errors: [{ message: 'no', extensions: { code } }] });

test('a read that is refused ends who was there, and is made again for who came meanwhile', async () => {
  using story = orderStory(9);
  const { follow, script, reads } = story;
  const answered = Promise.withResolvers<GatewayAnswer>();
  script.push(() => answered.promise);
  const early = follow(undefined);
  await until('it is read', () => reads.length === 1);
  const late = follow(undefined, { authorization: 'Bearer newer' });
  answered.resolve(refusedWith('FORBIDDEN'));
  await until('the late one has the newest event', () => late.events.length === 1);
  assert.deepEqual(early.ended, [[{ message: 'no', extensions: { code: 'FORBIDDEN', retryable: false } }]]);
  assert.deepEqual([early.events, late.ended], [[], []]);
});

test('a token that is refused ends those who hold it, and others are read for with theirs', async () => {
  using story = orderStory(9);
  const { follow, script, reads } = story;
  script.push(async () => refusedWith('UNAUTHENTICATED'));
  const longer = Date.now() + 90_000;
  const [revoked, too, valid] = [
    follow(undefined, { authorization: 'Bearer revoked', expiresAtMs: longer }),
    follow(undefined, { authorization: 'Bearer revoked', expiresAtMs: longer }),
    follow(undefined),
  ];
  await until('the other has the newest event', () => valid.events.length === 1);
  for (const { events, ended } of [revoked, too]) {
    assert.deepEqual([events, ended[0]?.[0]?.extensions?.['code']], [[], 'UNAUTHENTICATED']);
  }
  assert.deepEqual(
    reads.map(({ authorization }) => authorization),
    ['Bearer revoked', 'Bearer ada'],
  );
});

test('what fails before anything is read ends everybody', async () => {
  using story = orderStory(9);
  const { follow, changes, queries, faults } = story;
  changes.listen = () => {
    throw new Error('a bug of this test');
  };
  const got = follow(undefined);
  await until('it has ended', () => got.ended.length === 1);
  assert.deepEqual([faults.length, queries.running], [1, 0]);
});

test('leaving ends the live query of the last one', async () => {
  using story = orderStory(9);
  const { follow, queries, changes } = story;
  const [one, other] = [follow(undefined), follow(undefined)];
  await until('both have the newest event', () => one.events.length + other.events.length === 2);
  queries.leave(one);
  assert.deepEqual([queries.running, changes.listeners()], [1, 1]);
  queries.leave(other);
  await until('nobody listens', () => changes.listeners() === 0);
  assert.equal(queries.running, 0);
  assert.deepEqual([one.ended, other.ended], [[], []]);
});
