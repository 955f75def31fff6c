// Equal queries share one request, each with an answer, a deadline and a way out of its own.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { abort, codeOf, openTransport } from './ask-transport.fixture.ts';
import { contextOf, httpAnswer, startRawSubgraph, type RawRequest } from './raw-subgraph.fixture.ts';

/** Answers when the test says so. */
function onCue(): { readonly answer: (request: RawRequest) => void; readonly cue: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const answer = ({ socket, body }: RawRequest): void =>
    void promise.then(() => socket.write(httpAnswer(JSON.stringify({ data: { object: { body } } }))));
  return { answer, cue: resolve };
}

it('asks once for queries with equal headers and body, and gives each an object of its own', async () => {
  const { answer, cue } = onCue();
  await using subgraph = await startRawSubgraph(answer);
  await using asked = openTransport([subgraph.url]);
  const headers = [['authorization', 'x']] as const;
  const ask = (trace: string) =>
    asked.query('q', contextOf({ headers: [...headers], tracingHeaders: [['traceparent', trace]] }));
  const all = Promise.all([ask('1'), ask('2'), ask('3')]);
  await subgraph.received(1);
  cue();
  const answers = await all;
  for (const { data } of answers) assert.deepEqual(data, { object: { body: 'q' } });
  assert.notEqual(answers[0]?.data?.['object'], answers[1]?.data?.['object']);
  assert.equal(subgraph.requests.length, 1);
  assert.deepEqual(
    asked.events.map(({ isDeduplicated }) => isDeduplicated),
    [false, true, true],
  );
  assert.equal(asked.transport.snapshot().deduplicated, 2);
  // What has ended is not shared any more.
  await ask('4');
  assert.equal(subgraph.requests.length, 2);
});

it('shares nothing that differs, no mutation, and nothing at all when it is off', async () => {
  const { answer, cue } = onCue();
  await using subgraph = await startRawSubgraph(answer);
  await using asked = openTransport([subgraph.url]);
  await using off = openTransport([subgraph.url], { deduplicates: false });
  const other = contextOf({ headers: [['authorization', 'y']] });
  const all = Promise.all([
    asked.query('q'),
    asked.query('r'),
    asked.query('q', other),
    asked.mutation('q'),
    asked.mutation('q'),
    off.query('q'),
    off.query('q'),
  ]);
  await subgraph.received(7);
  cue();
  assert.deepEqual((await all).map(codeOf), Array(7).fill('ok'));
});

it('asks anew for what must not be older than its request', async () => {
  const { answer, cue } = onCue();
  await using subgraph = await startRawSubgraph(answer);
  await using asked = openTransport([subgraph.url]);
  const anew = () =>
    asked.transport.fetch({
      subgraph: 's',
      operationKind: 'query',
      body: 'q',
      context: contextOf(),
      isUnshared: true,
    });
  const all = Promise.all([asked.query('q'), anew(), anew(), asked.query('q')]);
  await subgraph.received(3);
  cue();
  assert.deepEqual((await all).map(codeOf), Array(4).fill('ok'));
  assert.deepEqual([subgraph.requests.length, asked.transport.snapshot().deduplicated], [3, 1]);
});

it('joins no request to a replica that has gone, and the one to a replica that has stayed', async () => {
  const { answer, cue } = onCue();
  await using before = await startRawSubgraph(answer);
  await using after = await startRawSubgraph(answer);
  let urls = [before.url];
  await using asked = openTransport(() => urls);
  const gone = asked.query('q');
  await before.received(1);
  urls = [after.url];
  const moved = asked.query('q');
  await after.received(1);
  urls = [before.url, after.url];
  const joined = asked.query('q');
  cue();
  assert.deepEqual((await Promise.all([gone, moved, joined])).map(codeOf), Array(3).fill('ok'));
  assert.deepEqual([before.requests.length, after.requests.length], [1, 1]);
});

it('lets each wait until its own deadline, and aborts when the last has gone', async () => {
  await using subgraph = await startRawSubgraph(() => {});
  await using asked = openTransport([subgraph.url], { deadlineHeader: false });
  const short = asked.query('q', contextOf({ timeoutMs: 100 }));
  const long = asked.query('q', contextOf({ timeoutMs: 200 }));
  assert.equal(codeOf(await short), 'DEADLINE_EXCEEDED');
  assert.equal(subgraph.openSockets.size, 1);
  assert.equal(codeOf(await long), 'DEADLINE_EXCEEDED');
  await subgraph.connected(0);
  assert.equal(subgraph.requests.length, 1);
});

it('answers those that wait on after one has run out of time', async () => {
  const { answer, cue } = onCue();
  await using subgraph = await startRawSubgraph(answer);
  await using asked = openTransport([subgraph.url], { deadlineHeader: false });
  const short = asked.query('q', contextOf({ timeoutMs: 100 }));
  const long = asked.query('q');
  assert.equal(codeOf(await short), 'DEADLINE_EXCEEDED');
  cue();
  assert.equal(codeOf(await long), 'ok');
  assert.equal(subgraph.requests.length, 1);
});

it('asks again for a caller with much more time than the subgraph was told', async () => {
  const { answer, cue } = onCue();
  await using subgraph = await startRawSubgraph(answer);
  await using asked = openTransport([subgraph.url]);
  const all = Promise.all([
    asked.query('q', contextOf({ timeoutMs: 1000 })),
    asked.query('q', contextOf({ timeoutMs: 1100 })),
    asked.query('q', contextOf({ timeoutMs: 5000 })),
    asked.query('q', contextOf({ timeoutMs: 5000 })),
  ]);
  await subgraph.received(2);
  cue();
  assert.deepEqual((await all).map(codeOf), Array(4).fill('ok'));
  assert.equal(subgraph.requests.length, 2);
});

it('does not let a client that leaves end the request of another one', async () => {
  const { answer, cue } = onCue();
  await using subgraph = await startRawSubgraph(answer);
  await using asked = openTransport([subgraph.url]);
  const leaving = new AbortController();
  const left = asked.query('q', contextOf({ signal: leaving.signal }));
  const stays = asked.query('q', contextOf({ signal: new AbortController().signal }));
  await subgraph.received(1);
  await abort(leaving);
  assert.equal(codeOf(await left), 'DEADLINE_EXCEEDED');
  assert.equal(subgraph.openSockets.size, 1);
  cue();
  assert.equal(codeOf(await stays), 'ok');
});

it('aborts all fetches of a client that leaves, and only those', async () => {
  const { answer, cue } = onCue();
  await using subgraph = await startRawSubgraph(answer);
  await using asked = openTransport([subgraph.url]);
  const leaving = new AbortController();
  const context = contextOf({ signal: leaving.signal });
  const gone = Promise.all([
    asked.query('a', context),
    asked.query('b', context),
    asked.mutation('c', context),
  ]);
  const stays = asked.query('d', contextOf({ signal: new AbortController().signal }));
  await subgraph.received(4);
  await abort(leaving);
  assert.deepEqual((await gone).map(codeOf), Array(3).fill('DEADLINE_EXCEEDED'));
  assert.deepEqual(
    asked.events.map(({ outcome }) => outcome),
    Array(3).fill('abandoned'),
  );
  cue();
  assert.equal(codeOf(await stays), 'ok');
  await subgraph.connected(1);
  assert.equal(codeOf(await asked.query('e', context)), 'DEADLINE_EXCEEDED');
});
