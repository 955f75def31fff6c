// What one process remembers of sessions that have ended; the bus is a function that tells of one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventEnvelope, FollowOptions } from '@simplebank/events';
import { followSessionEnds } from './session-ends.ts';

const minuteMs = 60_000;

async function follow() {
  let nowMs = Date.parse('2026-11-29T12:00:00Z');
  let followed: FollowOptions | undefined;
  const sessions = await followSessionEnds({
    bus: {
      async follow(options) {
        followed = options;
        return { stop: async () => undefined, [Symbol.asyncDispose]: async () => undefined };
      },
    },
    stream: 'sessions',
    log: { warn: () => undefined },
    now: () => nowMs,
  });
  const told: string[] = [];
  sessions.onEnded((sessionId) => void told.push(sessionId));
  return {
    ...sessions,
    told,
    options: () => followed,
    passes: (ms: number) => void (nowMs += ms),
    ends(sessionId: string, agoMs = 0) {
      const occurredAt = new Date(nowMs - agoMs).toISOString();
      void followed?.onEvent({ aggregateId: sessionId, occurredAt } as EventEnvelope);
    },
  };
}

test('an ended session is refused for as long as a token of it could live, and then forgotten', async () => {
  const sessions = await follow();
  sessions.ends('session-1');
  for (const minutes of [0, 5]) {
    sessions.passes(minutes * minuteMs);
    assert.deepEqual(['session-1', 'session-2', undefined].map(sessions.isEnded), [true, false, false]);
  }
  sessions.passes(minuteMs);
  assert.equal(sessions.isEnded('session-1'), false);
});

test('a process that starts reads what ended before, and leaves out what no token can live of', async () => {
  const sessions = await follow();
  assert.deepEqual([sessions.options()?.from, sessions.options()?.streams], ['start', ['sessions']]);
  sessions.ends('long ago', 7 * minuteMs);
  sessions.ends('just now', 4 * minuteMs);
  assert.deepEqual(['long ago', 'just now'].map(sessions.isEnded), [false, true]);
  assert.deepEqual(sessions.told, ['just now']);
});

test('who listens hears once of each session, also when the bus repeats itself', async () => {
  const sessions = await follow();
  for (const id of ['session-1', 'session-2', 'session-1']) sessions.ends(id);
  assert.deepEqual(sessions.told, ['session-1', 'session-2']);
});

test('memory is bounded: of more sessions than fit the oldest is forgotten first', async () => {
  const sessions = await follow();
  for (let index = 0; index <= 100_000; index += 1) sessions.ends(`session-${index}`);
  assert.deepEqual(['session-0', 'session-1', 'session-100000'].map(sessions.isEnded), [false, true, true]);
});
