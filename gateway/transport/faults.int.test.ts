// Each fault of a subgraph, over a real socket, by both clients: an answer with the right code inside the deadline, a
// reason for the log, no word about the house for the client, and no socket left.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOf, openTransport } from './ask-transport.fixture.ts';
import { faults } from './faults.fixture.ts';
import { contextOf, httpAnswer, startRawSubgraph } from './raw-subgraph.fixture.ts';

const timeoutMs = 1_200;
/** Past the deadline, for a machine that does something else at that moment. */
const slackMs = 800;
/** More would hold each other up past their deadlines. */
const faultsAtOnce = 4;
const limits = { maxAnswerBytes: 1024 * 1024 };

for (const client of ['own', 'undici'] as const) {
  describe(`a subgraph, asked by ${client},`, { concurrency: faultsAtOnce }, () => {
    for (const { name, write, code } of faults) {
      it(`that ${name}: ${code}`, { timeout: 10_000 }, async () => {
        await using subgraph = await startRawSubgraph(write);
        await using asked = openTransport([subgraph.url], { client, limits });
        for (const ask of [asked.query, asked.mutation]) {
          const startedAt = performance.now();
          const answer = await ask('{"query":"{a}"}', contextOf({ timeoutMs }));
          assert.ok(performance.now() - startedAt < timeoutMs + slackMs);
          assert.equal(codeOf(answer), code);
          assert.equal(answer.data, null);
          assert.doesNotMatch(JSON.stringify(answer), /127\.0\.0\.1|"s"|HTTP|JSON|socket/i);
        }
        assert.equal(asked.reports.length, 2);
        const [replica] = asked.transport.snapshot().subgraphs[0]?.replicas ?? [];
        assert.equal(replica?.outstanding, 0);
        await asked.transport.close();
        await subgraph.connected(0);
      });
    }
  });

  it(`${client}: an answer comes at its deadline's side, and a slow one before it does`, async () => {
    await using subgraph = await startRawSubgraph(({ socket }) => {
      const bytes = httpAnswer('{"data":{"a":1}}');
      let at = 0;
      const timer = setInterval(() => {
        socket.write(bytes.subarray(at, at + 10));
        at += 10;
        if (at >= bytes.length) clearInterval(timer);
      }, 2);
    });
    await using asked = openTransport([subgraph.url], { client });
    assert.equal(codeOf(await asked.query()), 'ok');
    const hurried = await asked.query('{"query":"{b}"}', contextOf({ timeoutMs: 5 }));
    assert.equal(codeOf(hurried), 'DEADLINE_EXCEEDED');
  });
}

it('a watcher that throws keeps no answer back', async (t) => {
  t.mock.method(process, 'emitWarning', () => {});
  await using subgraph = await startRawSubgraph(({ socket }) => socket.write(httpAnswer('{"data":{"a":1}}')));
  const throws = (): never => {
    throw new Error('bug');
  };
  await using asked = openTransport([subgraph.url], { onFetch: throws, report: throws });
  assert.equal(codeOf(await asked.query()), 'ok');
  assert.equal(codeOf(await asked.query('', contextOf({ timeoutMs: -1 }))), 'DEADLINE_EXCEEDED');
});

it('whoever asks may hear how his own fetch went, before its answer', async () => {
  await using subgraph = await startRawSubgraph(({ socket }) => socket.write(httpAnswer('{"data":{"a":1}}')));
  await using asked = openTransport([subgraph.url]);
  const heard: string[] = [];
  const ask = (body: string, timeoutMs: number): Promise<number> =>
    asked.transport
      .fetch({
        subgraph: 's',
        operationKind: 'query',
        body,
        context: contextOf({ timeoutMs }),
        onFetch: ({ outcome, status, bytes }) => heard.push(`${body}: ${outcome} ${status} ${bytes}`),
      })
      .then(() => heard.push(`${body}: answer`));
  await ask('a', 5000);
  await ask('b', -1);
  assert.deepEqual(heard, ['a: answered 200 16', 'a: answer', 'b: refused undefined 0', 'b: answer']);
});

it('a fetch that takes longer than the longest is given up, whatever time the client has', async () => {
  await using subgraph = await startRawSubgraph(() => {});
  await using asked = openTransport([subgraph.url], { limits: { longestFetchMs: 50 } });
  assert.equal(codeOf(await asked.query()), 'DEADLINE_EXCEEDED');
  await subgraph.connected(0);
});

it('closing answers all that wait', async () => {
  await using subgraph = await startRawSubgraph(() => {});
  await using asked = openTransport([subgraph.url]);
  const waiting = Promise.all([asked.query('a'), asked.query('b'), asked.mutation('c')]);
  await subgraph.received(3);
  await asked.transport.close();
  assert.deepEqual((await waiting).map(codeOf), Array(3).fill('SERVICE_UNAVAILABLE'));
  assert.equal(codeOf(await asked.query()), 'SERVICE_UNAVAILABLE');
  await subgraph.connected(0);
});
