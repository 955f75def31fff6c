// Everything at once for a few seconds: faults, good answers in any split, clients that leave. Each answer must be the
// one to its own request, each request must end inside its deadline, and nothing may be left.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { codeOf, openTransport } from './ask-transport.fixture.ts';
import { faults } from './faults.fixture.ts';
import { contextOf, httpAnswer, startRawSubgraph, type RawRequest } from './raw-subgraph.fixture.ts';

const soakMs = 2500;
const clients = 40;
const timeoutMs = 1_000;
/** Past the deadline, for a machine that does something else at that moment. */
const slackMs = 1_500;
/** Those that send 100 MB would leave the machine no time for the rest. */
const cheapFaults = faults.filter(({ name }) => !/100 MB|without end/.test(name));

/** A generator of numbers below `below`, always the same ones. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Says in the answer what was asked, chunked or not, in pieces. */
function echo({ socket, body }: RawRequest, chance: (below: number) => number): void {
  const text = JSON.stringify({ data: { body, padding: 'ä'.repeat(chance(3000)) } });
  const bytes = Buffer.from(text);
  const whole =
    chance(2) === 0
      ? httpAnswer(text)
      : Buffer.concat([
          Buffer.from(
            `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${bytes.length.toString(16)}\r\n`,
          ),
          bytes,
          Buffer.from('\r\n0\r\n\r\n'),
        ]);
  const cut = chance(whole.length);
  socket.write(whole.subarray(0, cut));
  setImmediate(() => socket.write(whole.subarray(cut)));
}

for (const client of ['own', 'undici'] as const) {
  it(
    `${client}: under all faults at once each answer is that of its request`,
    { timeout: 20_000 },
    async () => {
      const chance = seeded(20261128);
      await using subgraph = await startRawSubgraph((request) => {
        const fault = request.body.startsWith('fault') ? cheapFaults[chance(cheapFaults.length)] : undefined;
        if (fault === undefined) echo(request, chance);
        else fault.write(request);
      });
      // The breaker would answer most of them.
      const limits = {
        maxConnections: 20,
        maxQueued: 60,
        breakerFailuresInRow: 1e9,
        breakerMinFetches: 1e9,
        retryRatio: 1,
      };
      await using asked = openTransport([subgraph.url], { client, limits, deadlineHeader: false });
      const outcomes = new Map<unknown, number>();
      const until = performance.now() + soakMs;

      const ask = async (name: string): Promise<void> => {
        const controller = new AbortController();
        const context = contextOf({ timeoutMs, signal: controller.signal });
        const startedAt = performance.now();
        if (chance(20) === 0) setImmediate(() => controller.abort());
        const answer = await (chance(4) === 0 ? asked.mutation : asked.query)(name, context);
        assert.ok(performance.now() - startedAt < timeoutMs + slackMs, 'past its deadline');
        const code = codeOf(answer);
        outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
        if (code === 'ok') assert.equal(answer.data?.['body'], name);
        else assert.ok(code === 'SERVICE_UNAVAILABLE' || code === 'DEADLINE_EXCEEDED', String(code));
      };
      const work = async (index: number): Promise<void> => {
        for (let round = 0; performance.now() < until; round++) {
          // Some names are asked for by several clients at once.
          const name = chance(5) === 0 ? `shared ${round}` : `own ${index} ${round}`;
          await ask(chance(3) === 0 ? `fault ${name}` : name);
        }
      };
      await Promise.all(Array.from({ length: clients }, (_, index) => work(index)));

      for (const code of ['ok', 'SERVICE_UNAVAILABLE', 'DEADLINE_EXCEEDED'])
        assert.ok((outcomes.get(code) ?? 0) > 20, `${String(code)}: ${outcomes.get(code)}`);
      const { subgraphs, deduplicated } = asked.transport.snapshot();
      assert.equal(subgraphs[0]?.inFlight, 0);
      assert.equal(subgraphs[0]?.replicas[0]?.outstanding, 0);
      assert.equal(subgraphs[0]?.replicas[0]?.queued, 0);
      assert.ok(deduplicated > 0);
      await asked.transport.close();
      await subgraph.connected(0);
    },
  );
}
