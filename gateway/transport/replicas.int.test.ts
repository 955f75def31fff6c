// Several replicas: who is asked, what happens when they come and go, and who is left alone.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { codeOf, openTransport } from './ask-transport.fixture.ts';
import { contextOf, httpAnswer, startRawSubgraph, type RawRequest } from './raw-subgraph.fixture.ts';

const ok = httpAnswer('{"data":{"a":1}}');
const answers = ({ socket }: RawRequest): void => void socket.write(ok);

it('asks replicas in turns when all are unused', async () => {
  await using first = await startRawSubgraph(answers);
  await using second = await startRawSubgraph(answers);
  await using asked = openTransport([first.url, second.url]);
  for (let index = 0; index < 20; index++) await asked.query();
  assert.deepEqual([first.requests.length, second.requests.length], [10, 10]);
});

it('asks the one with the fewest requests under way', async () => {
  await using silent = await startRawSubgraph(() => {});
  await using quick = await startRawSubgraph(answers);
  await using asked = openTransport([silent.url, quick.url]);
  const waiting = asked.query('first', contextOf({ timeoutMs: 300 }));
  const other = asked.query('second', contextOf({ timeoutMs: 300 }));
  await silent.received(1);
  for (let index = 0; index < 10; index++) assert.equal(codeOf(await asked.query()), 'ok');
  assert.equal(silent.requests.length, 1);
  assert.deepEqual([codeOf(await waiting), codeOf(await other)].toSorted(), ['DEADLINE_EXCEEDED', 'ok']);
});

it('follows replicas that come and go, and lets those that go finish', async () => {
  const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>();
  await using leaving = await startRawSubgraph(({ socket }) => mayAnswer.then(() => socket.write(ok)));
  await using staying = await startRawSubgraph(answers);
  let urls = [leaving.url];
  await using asked = openTransport(() => urls);
  const sent = asked.mutation();
  await leaving.received(1);
  urls = [staying.url];
  assert.equal(codeOf(await asked.query()), 'ok');
  assert.equal(staying.requests.length, 1);
  letAnswer();
  assert.equal(codeOf(await sent), 'ok');
  await leaving.connected(0);
  assert.deepEqual(
    asked.transport.snapshot().subgraphs[0]?.replicas.map(({ url }) => url),
    [staying.url],
  );
});

it('sends to another replica what waits for one that goes', async () => {
  await using leaving = await startRawSubgraph(() => {});
  await using staying = await startRawSubgraph(answers);
  let urls = [leaving.url];
  await using asked = openTransport(() => urls, { limits: { maxConnections: 1 } });
  const sent = asked.mutation('sent', contextOf({ timeoutMs: 200 }));
  await leaving.received(1);
  const waiting = asked.mutation('waiting');
  urls = [staying.url];
  await asked.query();
  assert.equal(codeOf(await waiting), 'ok');
  assert.equal(codeOf(await sent), 'DEADLINE_EXCEEDED');
});

it('leaves a failing replica alone, and finds out that it is back', async () => {
  let isBroken = true;
  await using subgraph = await startRawSubgraph(({ socket }) =>
    socket.write(isBroken ? httpAnswer('<html>', '', '502 Bad Gateway') : ok),
  );
  const limits = { breakerFailuresInRow: 3, breakerOpenMs: 50 };
  await using asked = openTransport([subgraph.url], { limits });
  const breaker = (): unknown => asked.transport.snapshot().subgraphs[0]?.replicas[0]?.breaker;
  for (let index = 0; index < 10; index++) assert.equal(codeOf(await asked.query()), 'SERVICE_UNAVAILABLE');
  assert.equal(subgraph.requests.length, 3);
  assert.equal(breaker(), 'open');
  assert.match(asked.reports.at(-1)?.reason ?? '', /circuit breaker/);
  isBroken = false;
  const waitedUntil = performance.now() + 2000;
  while (breaker() === 'open' && performance.now() < waitedUntil) await new Promise(setImmediate);
  const [probe, other] = await Promise.all([asked.query('a'), asked.query('b')]);
  assert.deepEqual([codeOf(probe), codeOf(other)], ['ok', 'SERVICE_UNAVAILABLE']);
  assert.equal(breaker(), 'closed');
  assert.equal(codeOf(await asked.query()), 'ok');
});

it('leaves out a replica that never answers while another one does', async () => {
  await using silent = await startRawSubgraph(() => {});
  await using quick = await startRawSubgraph(answers);
  const limits = { breakerFailuresInRow: 2, breakerSlowMs: 10, breakerOpenMs: 10_000 };
  await using asked = openTransport([silent.url, quick.url], { limits });
  for (let index = 0; index < 8; index++) await asked.query(`${index}`, contextOf({ timeoutMs: 150 }));
  assert.equal(silent.requests.length, 2);
});
