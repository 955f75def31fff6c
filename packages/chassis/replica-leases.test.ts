// Who counts as running while leases come, end, vanish and cannot be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReplicaLeases, lastKeptMs, type Lease } from './replica-leases.ts';

const leaseMs = 800;
/** `left`: by itself. */
const lease = (instance: string, leftMs: number | 'left' = leaseMs): Lease => ({
  service: 'fees',
  url: `http://${instance}`,
  instance,
  leftMs: leftMs === 'left' ? undefined : leftMs,
});

test('a replica is there while its lease is renewed, and gone when it has run out', () => {
  const leases = createReplicaLeases(leaseMs);
  leases.read([lease('a'), lease('b')], 0, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://a', 'http://b']);
  leases.read([lease('a'), lease('b', 1)], 799, false);
  leases.read([lease('a'), lease('b', 0)], 800, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://a']);
  assert.deepEqual(leases.replicasOf('orders'), []);
});

test('a replica that vanishes from the list stays until its lease has run out', () => {
  const leases = createReplicaLeases(leaseMs);
  leases.read([lease('a'), lease('b', 500)], 0, false);
  leases.read([lease('a')], 499, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://a', 'http://b']);
  leases.read([lease('a')], 500, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://a']);
});

test('a replica that leaves is gone at once, also the last one', () => {
  const leases = createReplicaLeases(leaseMs);
  leases.read([lease('a'), lease('b')], 0, false);
  leases.read([lease('a', 'left'), lease('b')], 1, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://b']);
  leases.read([lease('b', 'left')], 2, false);
  assert.deepEqual(leases.replicasOf('fees'), []);
});

test('while the list cannot be read nobody is dropped, and then all have a lease to say that they live', () => {
  const leases = createReplicaLeases(leaseMs);
  leases.read([lease('a'), lease('b')], 0, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://a', 'http://b']);
  leases.read([], 60_000, true);
  leases.read([lease('a')], 60_799, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://a', 'http://b']);
  leases.read([lease('a')], 60_800, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://a']);
});

test('the last replica of a service outlives its lease, but not for ever', () => {
  const leases = createReplicaLeases(leaseMs);
  leases.read([lease('a')], 0, false);
  leases.read([], leaseMs + lastKeptMs - 1, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://a']);
  leases.read([], leaseMs + lastKeptMs, false);
  assert.deepEqual(leases.replicasOf('fees'), []);
});

test('processes that share an address are one replica, which is there until the last of them has left', () => {
  const leases = createReplicaLeases(leaseMs);
  const shared = (instance: string, leftMs: number | 'left' = leaseMs) => ({
    ...lease(instance, leftMs),
    url: 'http://shared',
  });
  leases.read([shared('a'), shared('b')], 0, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://shared']);
  leases.read([shared('a', 'left'), shared('b')], 1, false);
  assert.deepEqual(leases.replicasOf('fees'), ['http://shared']);
  leases.read([shared('b', 'left')], 2, false);
  assert.deepEqual(leases.replicasOf('fees'), []);
});
