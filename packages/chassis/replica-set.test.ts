// Which replica takes a call, by a clock and a chance of the test's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReplicaSet, forgottenAfterMs, leftOutMs, timeoutsToLeaveOut } from './replica-set.ts';

const none: ReadonlySet<string> = new Set();

function open(...urls: string[]) {
  let nowMs = 1;
  let chance = 0;
  const closed: string[] = [];
  const set = createReplicaSet<string>({
    open: (url) => url,
    close: async (url) => void closed.push(url),
    now: () => nowMs,
    random: () => (chance = (chance + 0.37) % 1),
  });
  set.update(urls);
  const call = (how: 'answered' | 'failed' | 'late' | 'unknown', excluded = none) => {
    const replica = set.take(excluded);
    if (replica !== undefined) set.giveBack(replica, how);
    return replica?.url;
  };
  return { set, closed, call, pass: (ms: number) => void (nowMs += ms) };
}

test('two replicas without load take turns', () => {
  const { call } = open('a', 'b');
  const taken = Array.from({ length: 10 }, () => call('answered'));
  assert.equal(taken.filter((url) => url === 'a').length, 5);
});

test('many calls begun at the same time spread evenly over two, and about evenly over five', () => {
  const two = open('a', 'b').set;
  const counts = Map.groupBy(
    Array.from({ length: 100 }, () => two.take(none)?.url),
    (url) => url,
  );
  assert.deepEqual(
    [...counts.values()].map((taken) => taken.length),
    [50, 50],
  );

  const five = open('a', 'b', 'c', 'd', 'e').set;
  const ofFive = Map.groupBy(
    Array.from({ length: 100 }, () => five.take(none)?.url),
    (url) => url,
  );
  for (const [url, taken] of ofFive) assert.ok(Math.abs(taken.length - 20) <= 5, `${url}: ${taken.length}`);
});

test('of two the one with fewer calls under way is taken', () => {
  const { set } = open('a', 'b');
  const first = set.take(none);
  const second = set.take(none);
  assert.ok(first !== undefined && second !== undefined && first.url !== second.url);
  set.giveBack(second, 'answered');
  assert.equal(set.take(none)?.url, second.url);
  assert.equal(set.take(none)?.url === second.url, false);
});

test('one that failed is left out for a while; then a single call tries it', () => {
  const { set, call, pass } = open('a');
  assert.equal(call('failed'), 'a');
  assert.equal(call('answered'), undefined);
  assert.equal(set.takeLeastBad()?.url, 'a');
  pass(leftOutMs);
  const trial = set.take(none);
  assert.equal(trial?.url, 'a');
  assert.equal(set.take(none), undefined);
  set.giveBack(trial, 'answered');
  assert.equal(call('answered'), 'a');
});

test('slow calls leave a replica out only when there are several in a row', () => {
  const { call } = open('a');
  for (let late = 1; late < timeoutsToLeaveOut; late += 1) assert.equal(call('late'), 'a');
  assert.equal(call('answered'), 'a');
  for (let late = 0; late < timeoutsToLeaveOut; late += 1) assert.equal(call('late'), 'a');
  assert.equal(call('answered'), undefined);
});

test('calls that show nothing of the replica change nothing', () => {
  const { call } = open('a');
  for (let calls = 0; calls < 20; calls += 1) assert.equal(call('unknown'), 'a');
});

test('of those that are all left out, the one that failed first is the least bad', () => {
  const { set, call, pass } = open('a', 'b');
  const first = call('failed');
  pass(10);
  call('failed');
  assert.equal(set.takeLeastBad()?.url, first);
});

test('excluded ones are not taken', () => {
  const { call } = open('a', 'b');
  for (let calls = 0; calls < 5; calls += 1) assert.equal(call('answered', new Set(['a'])), 'b');
  assert.equal(call('answered', new Set(['a', 'b'])), undefined);
});

test('one that is no longer listed takes no call, and is closed after a while when none is under way', () => {
  const { set, closed, call, pass } = open('a', 'b');
  const busy = set.take(new Set(['b']));
  assert.equal(busy?.url, 'a');
  set.update(['b']);
  for (let calls = 0; calls < 5; calls += 1) assert.equal(call('answered'), 'b');
  pass(forgottenAfterMs);
  set.update(['b']);
  assert.deepEqual(closed, []);
  set.giveBack(busy, 'answered');
  set.update(['b']);
  assert.deepEqual(closed, ['a']);
});

test('one that only flickered keeps its connections', () => {
  const { set, closed, pass } = open('a', 'b');
  set.update(['b']);
  pass(forgottenAfterMs - 1);
  set.update(['a', 'b']);
  pass(forgottenAfterMs);
  set.update(['b']);
  assert.deepEqual(closed, []);
});
