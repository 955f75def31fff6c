// Calls to replicas that share the load, refuse, drop, hang, die and come back, as real servers and processes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerJson, testPeer, until, type TestPeer } from '@simplebank/testkit';
import { startChildReplica } from './child-replica.fixture.ts';
import { DeadlineExceeded } from './database-faults.ts';
import { createServiceClient } from './http-client.ts';
import { AnswerLost, createReplicaCalls, GivenUp, NotSent } from './replica-calls.ts';
import { fixtureSecret, whoAreYou } from './replica.fixture.ts';
import { createServiceTokens } from './service-token.ts';

const answering = () => testPeer((_request, response) => answerJson(response, {}));
const dropping = () => testPeer((_request, response) => void response.destroy());

/** An address that nobody listens at. */
async function goneAddress(): Promise<string> {
  await using peer = await answering();
  return peer.address;
}

function callsTo(replicas: () => readonly string[]) {
  const calls = createReplicaCalls({ replicasOf: replicas, connectionsPerReplica: 4 });
  return {
    /** A mutation, unless it is said to be repeatable. */
    send: (options: { longestMs?: number; isRepeatable?: () => boolean; signal?: AbortSignal } = {}) =>
      calls.send('fees', '/graphql', { body: '{}', longestMs: 2_000, ...options }),
    [Symbol.asyncDispose]: () => calls.close(),
  };
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

const received = (...peers: readonly TestPeer[]) => peers.map(({ requests }) => requests.length);

test('two replicas share the calls evenly, one after the other and many at a time', async () => {
  await using a = await answering();
  await using b = await answering();
  await using calls = callsTo(() => [a.address, b.address]);
  for (let call = 0; call < 20; call += 1) await calls.send();
  assert.deepEqual(received(a, b), [10, 10]);
  await Promise.all(Array.from({ length: 100 }, () => calls.send()));
  for (const count of received(a, b)) assert.ok(count >= 50 && count <= 70, String(received(a, b)));
});

test('what no connection took goes to another replica, also a mutation, and the dead one is left out', async () => {
  await using alive = await answering();
  const gone = await goneAddress();
  let asked = 0;
  await using calls = callsTo(() => {
    asked += 1;
    return [gone, alive.address];
  });
  for (let call = 0; call < 20; call += 1) assert.equal((await calls.send()).status, 200);
  assert.equal(alive.requests.length, 20);
  // Each look at the list is a try: only the first call met the dead replica.
  assert.equal(asked, 21);
});

test('a mutation whose answer is lost is never sent twice; its caller learns it, and the next call goes elsewhere', async () => {
  await using bad = await dropping();
  await using good = await answering();
  let listed = [bad.address];
  await using calls = callsTo(() => listed);
  await assert.rejects(calls.send({ isRepeatable: () => false }), AnswerLost);
  assert.deepEqual(received(bad, good), [1, 0]);
  listed = [bad.address, good.address];
  for (let call = 0; call < 5; call += 1) await calls.send();
  assert.deepEqual(received(bad, good), [1, 5]);
});

test('a query whose answer is lost is asked once more, of another replica', async () => {
  await using bad = await dropping();
  await using good = await answering();
  await using calls = callsTo(() => [bad.address, good.address]);
  for (let call = 0; call < 4; call += 1)
    assert.equal((await calls.send({ isRepeatable: () => true })).status, 200);
  assert.deepEqual(received(bad, good), [1, 4]);

  await using onlyBad = callsTo(() => [bad.address]);
  await assert.rejects(onlyBad.send({ isRepeatable: () => true }), AnswerLost);
  assert.deepEqual(received(bad), [3]);
});

test('replicas that are all left out are tried nevertheless', async () => {
  let isBroken = true;
  await using peer = await testPeer((_request, response) => {
    if (isBroken) response.destroy();
    else answerJson(response, {});
  });
  await using calls = callsTo(() => [peer.address]);
  await assert.rejects(calls.send(), AnswerLost);
  isBroken = false;
  assert.equal((await calls.send()).status, 200);
});

test('with no replica that takes a connection a call fails soon, and says that nothing was sent', async () => {
  const gone = await goneAddress();
  for (const replicas of [[], [gone]]) {
    await using calls = callsTo(() => replicas);
    const startedAt = performance.now();
    await assert.rejects(calls.send(), NotSent);
    assert.ok(performance.now() - startedAt < 1_500);
  }
});

test('a call waits a moment for a replica that is just coming up', async () => {
  await using peer = await answering();
  let looks = 0;
  await using calls = callsTo(() => ((looks += 1) > 3 ? [peer.address] : []));
  assert.equal((await calls.send()).status, 200);
});

test('a replica that hangs is left out after some calls in a row without an answer', async () => {
  await using hanging = await testPeer(() => undefined);
  await using good = await answering();
  let listed = [hanging.address];
  await using calls = callsTo(() => listed);
  const hung = Array.from({ length: 3 }, () => calls.send({ longestMs: 300 }));
  for (const call of await Promise.allSettled(hung))
    assert.ok(call.status === 'rejected' && call.reason instanceof DeadlineExceeded);
  listed = [hanging.address, good.address];
  for (let call = 0; call < 5; call += 1) await calls.send();
  assert.deepEqual(received(hanging, good), [3, 5]);
});

test('a query that nobody waits for any more is stopped, which says nothing about its replica', async () => {
  let hangs = true;
  await using peer = await testPeer((_request, response) => void (hangs || answerJson(response, {})));
  await using calls = callsTo(() => [peer.address]);
  const { signal, abort } = abortable();
  const asked = calls.send({ isRepeatable: () => true, signal });
  const refused = assert.rejects(asked, GivenUp);
  await until('it has arrived', () => peer.requests.length === 1);
  abort();
  await refused;
  await until('it is stopped', () => peer.aborted.length === 1);
  hangs = false;
  assert.equal((await calls.send()).status, 200);
  await assert.rejects(calls.send({ isRepeatable: () => true, signal }), GivenUp);
  assert.equal(peer.requests.length, 2);
});

test('a mutation that nobody waits for any more runs to its end once it was sent, and is not sent after', async () => {
  const answers: (() => void)[] = [];
  await using peer = await testPeer(
    (_request, response) => void answers.push(() => answerJson(response, {})),
  );
  await using calls = callsTo(() => [peer.address]);
  const { signal, abort } = abortable();
  // As many as there are connections, and one that waits for them.
  const sent = Array.from({ length: 4 }, () => calls.send({ signal }));
  await until('all connections are taken', () => peer.requests.length === 4);
  const waiting = assert.rejects(calls.send({ signal }), GivenUp);
  abort();
  await waiting;
  for (const answer of answers) answer();
  for (const { status } of await Promise.all(sent)) assert.equal(status, 200);
  const next = calls.send();
  await until('the next one has arrived', () => answers.length === 5);
  answers.at(-1)?.();
  await next;
  assert.deepEqual(received(peer), [5]);
});

test('a replica that is killed costs no failed call of endpoints, and is out at once', async () => {
  await using a = await startChildReplica();
  await using b = await startChildReplica();
  const client = createServiceClient({
    serviceTokens: createServiceTokens({ service: 'orders', secret: fixtureSecret }),
    calls: createReplicaCalls({ replicasOf: () => [a.url, b.url], connectionsPerReplica: 8 }),
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => client.close());
  const answered: number[] = [];
  let isOver = false;
  stack.defer(() => void (isOver = true));
  const caller = async () => {
    for (let value = 0; !isOver; value += 1) answered.push((await client.call(whoAreYou, { value })).pid);
  };
  const callers = Promise.all(Array.from({ length: 8 }, caller));
  callers.catch(() => undefined);
  await until('both take calls', () => answered.includes(a.pid) && answered.includes(b.pid));
  a.signal('SIGKILL');
  await a.ended;
  const atDeath = answered.length;
  await until('the other goes on', () => answered.length > atDeath + 500);
  isOver = true;
  await callers;
  assert.equal(answered.at(-1), b.pid);
});
