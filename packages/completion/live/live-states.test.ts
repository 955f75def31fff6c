// What followers of a state get: the newest, each only what it does not have, shared with whom it may be, and nothing
// that piles up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { until } from '@simplebank/testkit';
import type { GatewayAnswer } from '../gateway-client.ts';
import { channel, cursors, followedState, type Got } from './live-states.fixture.ts';
import { versionAlias } from './twin.ts';

const scope = { field: 'accountUpdated', key: 'acc-1' };

test('equal subscribers share a read and a text, first of the state as it is, then of each newer one', async () => {
  using account = followedState();
  const { follow, become, reads, states, changes } = account;
  const all = Array.from({ length: 100 }, () => follow());
  await until('all have the state', () => all.every(({ states }) => states.length === 1));
  become({ cash: 2 });
  await until('all have the next one', () => all.every(({ states }) => states.length === 2));
  assert.deepEqual(all[99]?.states, [{ cash: 1 }, { cash: 2 }]);
  assert.equal(new Set(all.map(({ texts }) => texts.join())).size, 1);
  assert.deepEqual([states.running, changes.listeners()], [1, 1]);
  assert.ok(reads.length <= 4, `${reads.length} reads`);
  assert.ok(reads.every(({ isFresh }) => isFresh === true));
});

test('a state that looks the same to the client is not told again', async () => {
  using account = followedState();
  const { follow, become, reads } = account;
  const got = follow();
  await until('it has the state', () => got.states.length === 1);
  become({ mine: 2 });
  await until('it was read', () => reads.length === 2);
  become({ cash: 2 });
  await until('it has the next one', () => got.states.length === 2);
  assert.deepEqual(got.states, [{ cash: 1 }, { cash: 2 }]);
});

test('who resumes gets the newest state at once when it is another one, and else nothing but what comes', async () => {
  using account = followedState();
  const { follow, become, reads } = account;
  const first = follow();
  await until('it has the state', () => first.states.length === 1);
  const seen = cursors.openState(scope, first.cursorsGot[0] ?? '');
  assert.ok(seen);
  const level = follow('account', { seen });
  await until('the right to it was checked', () => reads.length === 2);
  become({ cash: 2 });
  await until('it has the next one', () => level.states.length > 0);
  const behind = follow('account', { seen });
  await until('it has the newest', () => behind.states.length > 0);
  assert.deepEqual([level.states, behind.states], [[{ cash: 2 }], [{ cash: 2 }]]);
});

test('a change while a read is under way is read again, and who comes meanwhile gets nothing of that read', async () => {
  using account = followedState();
  const { follow, become, script, reads } = account;
  const answered = Promise.withResolvers<GatewayAnswer>();
  script.push(() => answered.promise);
  const early = follow();
  await until('it is read', () => reads.length === 1);
  const late = follow();
  become({ cash: 2 });
  answered.resolve({ data: { accountUpdated: { cash: 1 } } });
  await until('both have the newest', () => early.states.length === 2 && late.states.length === 1);
  assert.deepEqual([early.states, late.states], [[{ cash: 1 }, { cash: 2 }], [{ cash: 2 }]]);
});

test('a slow subscriber gets the newest state when it has room, none in between, and holds nobody up', async () => {
  using account = followedState();
  const { follow, become, counted } = account;
  const [slow, quick] = [follow(), follow()];
  await until('both have the state', () => slow.states.length + quick.states.length === 2);
  const taken = Promise.withResolvers<void>();
  slow.full = taken.promise;
  for (let cash = 2; cash <= 6; cash += 1) {
    become({ cash });
    await until('the quick one has it', () => quick.states.length === cash);
  }
  assert.deepEqual([slow.states.length, counted.coalesced], [1, 4]);
  slow.full = undefined;
  taken.resolve();
  await until('the slow one has the newest', () => slow.states.length === 2);
  assert.deepEqual(slow.states.at(-1), { cash: 6 });
  become({ cash: 7 });
  await until('both have the next', () => slow.states.length === 3 && quick.states.length === 7);
});

test('whoever comes, goes, resumes or is slow: each ends up with the newest state, never goes back, and no state twice in a row', async () => {
  const step = fc.oneof(
    fc.constant({ kind: 'change' } as const),
    fc.record({ kind: fc.constant('come' as const), of: fc.nat() }),
    fc.record({ kind: fc.constantFrom('slow' as const, 'room' as const, 'leave' as const), of: fc.nat() }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 40 }), async (steps) => {
      using account = followedState();
      const { follow, become, states, changes } = account;
      const all = [follow()];
      const rooms = new Map<Got, PromiseWithResolvers<void>>();
      const gone = new Set<Got>();
      const give = (got: Got) => {
        got.full = undefined;
        rooms.get(got)?.resolve();
      };
      let cash = 1;
      for (const [{ kind, ...which }, pauses] of steps) {
        const got = 'of' in which ? all[which.of % all.length] : undefined;
        if (kind === 'change') become({ cash: (cash += 1) });
        else if (kind === 'come') {
          const cursor = got?.cursorsGot.at(-1);
          const seen = cursor === undefined ? '' : cursors.openState(scope, cursor);
          all.push(follow('account', { seen: seen ?? '' }));
        } else if (got !== undefined && kind === 'leave') {
          gone.add(got);
          states.leave(got);
        } else if (got !== undefined && kind === 'room') give(got);
        else if (got !== undefined && got.full === undefined) {
          const room = Promise.withResolvers<void>();
          rooms.set(got, room);
          got.full = room.promise;
        }
        if (pauses) await new Promise(setImmediate);
      }
      const left = all.filter((got) => !gone.has(got));
      for (const got of left) give(got);
      become({ cash: (cash += 1) });
      const isLast = (state: unknown) => (state as { cash: number } | undefined)?.cash === cash;
      await until('all have the newest', () => left.every(({ states: got }) => isLast(got.at(-1))));
      for (const { states: got } of all) {
        const shown = got.map((state) => (state as { cash: number }).cash);
        assert.deepEqual(
          shown,
          [...new Set(shown)].toSorted((one, other) => one - other),
        );
      }
      for (const got of left) states.leave(got);
      await until('nobody listens', () => changes.listeners() === 0);
      assert.equal(states.running, 0);
    }),
    { numRuns: 60 },
  );
});

test('a slow subscriber that leaves gets nothing when it would have room', async () => {
  using account = followedState();
  const { follow, become, states, reads } = account;
  const slow = follow();
  await until('it has the state', () => slow.states.length === 1);
  const taken = Promise.withResolvers<void>();
  slow.full = taken.promise;
  become({ cash: 2 });
  await until('it was read', () => reads.length === 2);
  states.leave(slow);
  taken.resolve();
  await new Promise(setImmediate);
  assert.deepEqual([slow.states.length, states.running], [1, 0]);
});

test('what everyone may see is shared whatever the rights; what is one’s own is not', async () => {
  using quotes = followedState();
  const { follow, states, reads } = quotes;
  const all = [follow('quotes'), follow('quotes', { rights: 'bob' })];
  const own = [follow('ownQuotes'), follow('ownQuotes', { rights: 'bob' })];
  await until('all have the state', () => [...all, ...own].every(({ states }) => states.length === 1));
  assert.equal(states.running, 3);
  // Who joins a read under way has one more, whose answer is of a right that was checked for it too.
  assert.ok(reads.filter(({ query }) => !query.includes('mine')).length <= 2);
});

test('where nothing tells of changes the state is looked at again and again, until nobody follows it', async () => {
  using quotes = followedState({ pollMs: 5 });
  const { follow, become, states, reads } = quotes;
  const got = follow('quotes');
  await until('it was looked at', () => reads.length > 3);
  assert.equal(got.states.length, 1);
  become({ bid: 2, [versionAlias]: 2 });
  await until('it has the next one', () => got.states.length === 2);
  states.leave(got);
  const before = reads.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.ok(reads.length <= before + 1);
});

test('an answer of an older version, from a replica that is behind, is passed over', async () => {
  using quotes = followedState({ pollMs: 5 });
  const { follow, become, reads } = quotes;
  become({ bid: 7, [versionAlias]: 7 });
  const got = follow('quotes');
  await until('it has the state', () => got.states.length === 1);
  become({ bid: 6, [versionAlias]: 6 });
  const before = reads.length;
  await until('the older one was read', () => reads.length > before + 2);
  become({ bid: 8, [versionAlias]: 8 });
  await until('it has the next one', () => got.states.length === 2);
  assert.deepEqual(got.states, [{ bid: 7 }, { bid: 8 }]);
});

test('a part that failed is shown as such, not again for the same failure, and mended when it is read again', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  using account = followedState();
  const { follow, script, states, reads } = account;
  const part = (correlationId: string) => async (): Promise<GatewayAnswer> => ({
    data: { accountUpdated: { cash: null } },
    errors: [
      {
        message: 'no',
        path: ['accountUpdated', 'cash'],
        locations: [{ line: 1, column: 1 }],
        extensions: { code: 'SERVICE_UNAVAILABLE', correlationId },
      },
    ],
  });
  script.push(part('one'), part('two'));
  const got = follow('account', { expiresAtMs: Infinity });
  for (const count of [1, 2, 3]) {
    await until('it was read', () => reads.length === count && script.length === Math.max(0, 2 - count));
    await new Promise(setImmediate);
    t.mock.timers.tick(10_000);
    states.sweep();
  }
  await until('it is whole', () => got.states.length === 2);
  const [failed, whole] = got.texts.map((text) => JSON.parse(text) as { errors?: object[] });
  assert.deepEqual(failed?.errors, [
    {
      message: 'no',
      path: ['accountUpdated', 'cash'],
      extensions: { code: 'SERVICE_UNAVAILABLE', correlationId: 'one' },
    },
  ]);
  assert.deepEqual([whole?.errors, got.states], [undefined, [{ cash: null }, { cash: 1 }]]);
});

test('a part that the token does not reach is not read again in the hope that it may come', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  using account = followedState();
  const { follow, script, states, reads } = account;
  const extensions = { code: 'UNAUTHORIZED_FIELD_OR_TYPE' };
  script.push(async () => ({
    data: { accountUpdated: { cash: null } },
    errors: [{ message: 'no', path: ['accountUpdated', 'cash'], extensions }],
  }));
  const got = follow('account', { expiresAtMs: Infinity });
  await until('it has the rest', () => got.states.length === 1);
  t.mock.timers.tick(20_000);
  states.sweep();
  await new Promise(setImmediate);
  assert.equal(reads.length, 1);
  t.mock.timers.tick(45_000);
  states.sweep();
  await until('it is read again in time', () => reads.length === 2);
});

const refusedWith = (code: string) => ({ data: null, errors: [{ message: 'no', extensions: { code } }] });

test('a refusal ends who was there, and is asked again for who came meanwhile', async () => {
  using account = followedState();
  const { follow, script, reads } = account;
  const answered = Promise.withResolvers<GatewayAnswer>();
  script.push(() => answered.promise);
  const early = follow();
  await until('it is read', () => reads.length === 1);
  const late = follow('account', { authorization: 'Bearer newer' });
  answered.resolve(refusedWith('FORBIDDEN'));
  await until('the late one has the state', () => late.states.length === 1);
  assert.equal(early.ended[0]?.[0]?.extensions?.['code'], 'FORBIDDEN');
  assert.deepEqual([early.states, late.ended], [[], []]);
});

test('a token that is refused or runs out ends those who hold it', async () => {
  using account = followedState();
  const { follow, script, states, become } = account;
  script.push(async () => refusedWith('UNAUTHENTICATED'));
  const revoked = follow('account', { authorization: 'Bearer revoked', expiresAtMs: Date.now() + 90_000 });
  const valid = follow();
  await until('the other has the state', () => valid.states.length === 1);
  assert.equal(revoked.ended[0]?.[0]?.extensions?.['code'], 'UNAUTHENTICATED');
  const other = follow();
  valid.holder = { ...valid.holder, expiresAtMs: Date.now() - 1 };
  states.sweep();
  assert.equal(valid.ended[0]?.[0]?.extensions?.['code'], 'UNAUTHENTICATED');
  become({ cash: 2 });
  await until('the one left has the state', () => other.states.length > 0);
  assert.deepEqual(other.states.at(-1), { cash: 2 });
});

test('a session that ends takes its subscribers along, and no others', async () => {
  using account = followedState();
  const { follow, become, states } = account;
  const [ended, other] = [
    follow('account', { sessionId: 'ses-1' }),
    follow('account', { sessionId: 'ses-2' }),
  ];
  await until('both have the state', () => ended.states.length + other.states.length === 2);
  const error = { message: 'over', extensions: { code: 'SESSION_ENDED' } };
  states.endSession('ses-1', error);
  become({ cash: 2 });
  await until('the other one has the next', () => other.states.length === 2);
  assert.deepEqual([ended.ended, ended.states.length, other.ended], [[[error]], 1, []]);
});

test('who gets other rights with a new token goes on among its equals, from the state that it has', async () => {
  using account = followedState();
  const { follow, become, states, reads } = account;
  const [one, other] = [follow(), follow()];
  await until('both have the state', () => one.states.length + other.states.length === 2);
  one.holder = { ...one.holder, authorization: 'Bearer more', rights: 'ada and more' };
  states.renewed(one);
  assert.equal(states.running, 2);
  await until('it is read with the new token', () => reads.at(-1)?.authorization === 'Bearer more');
  become({ cash: 2 });
  await until('both have the next one', () => one.states.length + other.states.length === 4);
  assert.deepEqual(one.states, [{ cash: 1 }, { cash: 2 }]);
});

test('a bug is told as INTERNAL_ERROR and logged; the last who leaves takes the listener along', async () => {
  using account = followedState();
  const { follow, script, faults, states, changes } = account;
  const bug = new Error('a bug of this test');
  script.push(() => Promise.reject(bug));
  const got = follow();
  await until('it has ended', () => got.ended.length === 1);
  assert.equal(got.ended[0]?.[0]?.extensions?.['code'], 'INTERNAL_ERROR');
  assert.deepEqual(faults, [bug]);
  const next = follow();
  await until('it has the state', () => next.states.length === 1);
  assert.equal(changes.listeners(), 1);
  states.leave(next);
  await until('nobody listens', () => changes.listeners() === 0);
  changes.tell(channel, 'acc-1');
  assert.equal(states.running, 0);
});

test('the more states are polled the less often each is read, so that all together cost no more', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  using market = followedState({ pollMs: 1_000 });
  const { follow, reads, states } = market;
  const settled = async () => {
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  };
  const customers = Array.from({ length: 500 }, (_, index) => `cus-${index}`);
  const all = customers.map((customerId) => follow('ownQuotes', { customerId, rights: customerId }));
  await settled();
  assert.equal(reads.length, 500);
  t.mock.timers.tick(4_999);
  await settled();
  assert.equal(reads.length, 500, 'for five seconds these were enough');
  t.mock.timers.tick(1_251);
  await settled();
  assert.equal(reads.length, 1_000);
  for (const got of all.slice(1)) states.leave(got);
  t.mock.timers.tick(6_250);
  await settled();
  assert.equal(reads.length, 1_001);
  t.mock.timers.tick(1_000);
  await settled();
  assert.equal(reads.length, 1_002, 'alone it is read every second again');
});
