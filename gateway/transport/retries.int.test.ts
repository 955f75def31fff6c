// What is asked again, where, and how often: never a mutation that may have been heard.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codeOf, openTransport } from './ask-transport.fixture.ts';
import {
  contextOf,
  httpAnswer,
  refusedUrl,
  startRawSubgraph,
  type RawRequest,
} from './raw-subgraph.fixture.ts';

const ok = httpAnswer('{"data":{"a":1}}');

for (const client of ['own', 'undici'] as const) {
  describe(`retries by ${client}`, () => {
    it('goes elsewhere at once when a replica refuses, also with a mutation', async () => {
      await using subgraph = await startRawSubgraph(({ socket }) => socket.write(ok));
      await using asked = openTransport([await refusedUrl(), subgraph.url], { client });
      for (let index = 0; index < 4; index++) {
        assert.equal(codeOf(await asked.mutation()), 'ok');
        assert.equal(codeOf(await asked.query()), 'ok');
      }
      assert.equal(subgraph.requests.length, 8);
    });

    it('asks a query once more whose answer is lost, elsewhere', async () => {
      const lose = ({ socket }: RawRequest): void => void socket.resetAndDestroy();
      await using broken = await startRawSubgraph(lose);
      await using whole = await startRawSubgraph(({ socket }) => socket.write(ok));
      await using asked = openTransport([broken.url, whole.url], { client });
      for (let index = 0; index < 2; index++) assert.equal(codeOf(await asked.query()), 'ok');
      assert.equal(broken.requests.length, 1);
      assert.equal(whole.requests.length, 2);
      assert.deepEqual(asked.events.map(({ retries }) => retries).toSorted(), [0, 1]);
    });

    it('asks it once more of the same replica when it is the only one, and no third time', async () => {
      let answers = 0;
      await using subgraph = await startRawSubgraph(({ socket }) => {
        answers += 1;
        if (answers === 2) socket.write(ok);
        else socket.destroy();
      });
      await using asked = openTransport([subgraph.url], { client });
      assert.equal(codeOf(await asked.query()), 'ok');
      assert.equal(subgraph.requests.length, 2);
      await using hopeless = await startRawSubgraph(({ socket }) => socket.destroy());
      await using other = openTransport([hopeless.url], { client });
      assert.equal(codeOf(await other.query()), 'SERVICE_UNAVAILABLE');
      assert.equal(hopeless.requests.length, 2);
    });

    it('never sends a mutation twice', async () => {
      await using subgraph = await startRawSubgraph(({ socket, index }) => {
        if (index === 0) socket.write(ok);
        else socket.destroy();
      });
      await using asked = openTransport([subgraph.url], { client });
      assert.equal(codeOf(await asked.mutation()), 'ok');
      // Over the connection of the one before, which ends before a byte comes: it may have been heard.
      const answer = await asked.mutation();
      if (codeOf(answer) !== 'ok') assert.equal(codeOf(answer), 'SERVICE_UNAVAILABLE');
      assert.ok(subgraph.requests.length <= 2);
      assert.equal(asked.transport.snapshot().retries, 0);
    });

    it('stops asking again when the budget is spent', async () => {
      await using subgraph = await startRawSubgraph(({ socket }) => socket.destroy());
      const limits = { retryRatio: 0, retryBurst: 3, breakerFailuresInRow: 1000, breakerMinFetches: 1000 };
      await using asked = openTransport([subgraph.url], { client, limits });
      for (let index = 0; index < 10; index++)
        assert.equal(codeOf(await asked.query()), 'SERVICE_UNAVAILABLE');
      assert.equal(subgraph.requests.length, 13);
    });
  });
}

describe('a connection that its peer closed while it was unused', () => {
  /** Answers the first request on each connection and drops the connection at the second one. */
  const closesOnReuse = ({ socket, index }: RawRequest): void => {
    if (index === 0) socket.write(ok);
    else socket.destroy();
  };

  it('costs a query nothing of the budget: it goes over a new one', async () => {
    await using subgraph = await startRawSubgraph(closesOnReuse);
    await using asked = openTransport([subgraph.url], { limits: { retryBurst: 0 } });
    for (let index = 0; index < 10; index++) assert.equal(codeOf(await asked.query()), 'ok');
    assert.equal(subgraph.requests.length, 19);
    assert.equal(asked.transport.snapshot().subgraphs[0]?.replicas[0]?.breaker, 'closed');
  });

  it('is replaced also when there may be no more connections', async () => {
    await using subgraph = await startRawSubgraph(closesOnReuse);
    await using asked = openTransport([subgraph.url], { limits: { retryBurst: 0, maxConnections: 1 } });
    for (let index = 0; index < 3; index++) assert.equal(codeOf(await asked.query()), 'ok');
  });

  it('is not taken for a mutation when it was unused for long', async () => {
    await using subgraph = await startRawSubgraph(closesOnReuse);
    await using asked = openTransport([subgraph.url], { limits: { mutationIdleMs: -1, maxConnections: 1 } });
    for (let index = 0; index < 3; index++) assert.equal(codeOf(await asked.mutation()), 'ok');
    assert.equal(subgraph.connections(), 3);
  });

  it('is not taken when the peer said that it would close it', async () => {
    await using subgraph = await startRawSubgraph(({ socket }) =>
      socket.write(httpAnswer('{"data":{"a":1}}', 'keep-alive: timeout=0\r\n')),
    );
    await using asked = openTransport([subgraph.url]);
    for (let index = 0; index < 3; index++) assert.equal(codeOf(await asked.mutation()), 'ok');
    assert.equal(subgraph.connections(), 3);
  });
});

describe('without a replica', () => {
  it('says so, whatever is missing', async () => {
    const throws = (): readonly string[] => {
      throw new Error('no discovery');
    };
    for (const urls of [[], ['nonsense'], ['ftp://x/'], [await refusedUrl()], throws]) {
      await using asked = openTransport(urls);
      for (const answer of [await asked.query(), await asked.mutation()])
        assert.equal(codeOf(answer), 'SERVICE_UNAVAILABLE');
      assert.equal(asked.reports.length, 2);
    }
  });

  it('takes no notice of one wrong URL among others', async () => {
    await using subgraph = await startRawSubgraph(({ socket }) => socket.write(ok));
    await using asked = openTransport(['nonsense', subgraph.url]);
    for (let index = 0; index < 4; index++) assert.equal(codeOf(await asked.query()), 'ok');
  });

  it('refuses a header that cannot be sent, and says which to the log only', async () => {
    await using asked = openTransport(['http://127.0.0.1:1/']);
    const answer = await asked.query('{}', contextOf({ headers: [['x-a', 'b\r\nc: d']] }));
    assert.equal(codeOf(answer), 'BAD_REQUEST');
    assert.doesNotMatch(JSON.stringify(answer), /x-a/);
    assert.match(asked.reports[0]?.reason ?? '', /x-a/);
  });
});
