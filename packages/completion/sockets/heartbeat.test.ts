import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { WebSocket } from 'ws';
import { Heartbeat } from './heartbeat.ts';

const periodMs = 12_000;
const turnMs = 100;

/** What a socket of `ws` is to the heartbeat; its client answers at once or never. */
class Peer extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  pings = 0;
  isCut = false;
  answers = true;

  ping(): void {
    this.pings += 1;
    if (this.answers) this.emit('pong');
  }

  terminate(): void {
    this.isCut = true;
  }
}

function peers(heartbeat: Heartbeat, count: number): Peer[] {
  const made = Array.from({ length: count }, () => new Peer());
  for (const peer of made) heartbeat.add(peer as unknown as WebSocket);
  return made;
}

test('each socket is pinged once a period, and never many in the same moment', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const heartbeat = new Heartbeat();
  const all = peers(heartbeat, 1_000);
  const pinged = () => all.reduce((sum, { pings }) => sum + pings, 0);
  // They came in the same moment.
  for (let turn = 0; turn < 239; turn += 1) {
    const before = pinged();
    t.mock.timers.tick(turnMs);
    assert.ok(pinged() - before <= 17);
  }
  assert.deepEqual([...new Set(all.map(({ pings }) => pings))], [1]);
  t.mock.timers.tick(10 * periodMs);
  assert.deepEqual([...new Set(all.map(({ pings }) => pings))], [11]);
  heartbeat.stop();
});

test('who does not answer is cut at its next turn, others are not', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const heartbeat = new Heartbeat();
  const [silent, lively] = peers(heartbeat, 2) as [Peer, Peer];
  silent.answers = false;
  t.mock.timers.tick(periodMs + turnMs);
  assert.deepEqual([silent.isCut, lively.isCut], [false, false]);
  t.mock.timers.tick(periodMs + turnMs);
  assert.deepEqual([silent.isCut, lively.isCut], [true, false]);
  assert.deepEqual([silent.pings, lively.pings], [1, 2]);
  heartbeat.stop();
});

test('one that is closing is neither pinged nor cut for its silence', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const heartbeat = new Heartbeat();
  const [closing] = peers(heartbeat, 1) as [Peer];
  closing.readyState = 2;
  t.mock.timers.tick(3 * periodMs);
  assert.deepEqual([closing.pings, closing.isCut], [0, false]);
  heartbeat.stop();
});

test('one that was taken off is left alone, and a late answer does not bring it back', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const heartbeat = new Heartbeat();
  const [gone] = peers(heartbeat, 1) as [Peer];
  heartbeat.delete(gone as unknown as WebSocket);
  gone.emit('pong');
  t.mock.timers.tick(3 * periodMs);
  assert.deepEqual([gone.pings, gone.isCut], [0, false]);
  heartbeat.stop();
});
