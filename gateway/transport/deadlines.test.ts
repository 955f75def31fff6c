// One timer for all: each expires once, at its time, and none that ended before.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Deadlines, type Deadline } from './deadlines.ts';

function item(deadlineAt: number, onExpire: () => void = () => {}): Deadline {
  return { deadlineAt, previousDeadline: undefined, nextDeadline: undefined, expire: onExpire };
}

/** performance.now() and timers go by the test's clock. */
function mockClock({ mock }: TestContext): (ms: number) => void {
  let now = 1000;
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(performance, 'now', () => now);
  return (ms) => {
    for (let step = 0; step < ms; step++) {
      now += 1;
      mock.timers.tick(1);
    }
  };
}

test('expires each at its time, whatever order they come in', (t) => {
  const pass = mockClock(t);
  const deadlines = new Deadlines();
  const expired: number[] = [];
  for (const after of [50, 10, 30, 10]) deadlines.add(item(1000 + after, () => expired.push(after)));
  pass(8);
  assert.deepEqual(expired, []);
  pass(2);
  assert.deepEqual(expired, [10, 10]);
  pass(20);
  assert.deepEqual(expired, [10, 10, 30]);
  pass(100);
  assert.deepEqual(expired, [10, 10, 30, 50]);
});

test('does not expire what was removed, wherever it stood', (t) => {
  const pass = mockClock(t);
  for (const removed of [0, 1, 2]) {
    const deadlines = new Deadlines();
    const expired: number[] = [];
    const items = [0, 1, 2].map((index) => item(performance.now() + 10, () => expired.push(index)));
    for (const each of items) deadlines.add(each);
    deadlines.remove(items[removed] ?? item(0));
    deadlines.remove(items[removed] ?? item(0));
    pass(20);
    assert.deepEqual(
      expired.toSorted(),
      [0, 1, 2].filter((index) => index !== removed),
    );
  }
});

test('lets one expiry end another one', (t) => {
  const pass = mockClock(t);
  const deadlines = new Deadlines();
  const expired: string[] = [];
  const first = item(1010, () => {
    expired.push('first');
    deadlines.remove(second);
  });
  const second = item(1010, () => {
    expired.push('second');
    deadlines.remove(first);
  });
  deadlines.add(first);
  deadlines.add(second);
  pass(20);
  assert.equal(expired.length, 1);
});

test('waits for a deadline that is further away than a timer reaches', (t) => {
  const pass = mockClock(t);
  const deadlines = new Deadlines();
  let expired = 0;
  deadlines.add(item(1000 + 2 ** 33, () => (expired += 1)));
  pass(50);
  assert.equal(expired, 0);
  deadlines.close();
});
