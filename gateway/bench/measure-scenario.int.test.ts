import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contestants, ownName, type Contestant } from './contestants.ts';
import { measureScenario, type Effort } from './measure-scenario.ts';
import type { Scenario } from './scenario.ts';
import { shipmentsScenario } from './shipments/shipments-scenario.ts';
import { trivialScenario } from './trivial-scenario.ts';

/** As little as there can be: each connection sends one request. */
const least: Effort = { rounds: 1, sliceSeconds: 0.001, warmUpSeconds: 0.001 };

const named = (...names: string[]) => contestants.filter(({ name }) => names.includes(name));
const measure = (scenario: Scenario, ...names: string[]) =>
  measureScenario({ ...scenario, connections: 2 }, named(...names), least, () => {});

test('measures this engine and the process without logic on lists of thousands, all answers right', async () => {
  const { measured } = await measure(await shortShipments(), ownName, 'limit');
  for (const { name, slices, maxRssBytes } of measured) {
    const [slice] = slices;
    assert.equal(slice?.requests, 2, name);
    assert.equal(slice.wrong, 0, name);
    assert.equal(slice.subgraphRequests, 6, `${name}: three subgraph requests for each`);
    assert.ok(slice.cpuMicroseconds > 0, name);
    assert.ok(maxRssBytes > 2 ** 20, name);
  }
});

test('refuses to measure who answers wrongly', async () => {
  const [echo] = named('echo');
  assert.ok(echo);
  await assert.rejects(
    measureScenario(trivialScenario(), [{ ...echo, kind: 'gateway' }], least, () => {}),
    /echo answers wrongly: HTTP\/1.1 200/,
  );
});

test('notices a gateway that keeps the authorization to itself, since it may share what others may not', async () => {
  const [limit] = named('limit');
  assert.ok(limit);
  const silent: Contestant = {
    ...limit,
    start: async (place) => [
      '--import',
      `data:text/javascript,${loseAuthorization}`,
      ...(await limit.start(place)),
    ],
  };
  const scenario = await shortShipments();
  await assert.rejects(
    measureScenario({ ...scenario, connections: 1 }, [silent], least, () => {}),
    /limit does not pass authorization on/,
  );
});

/** Run in the gateway's process before anything else: what goes out has another name for the header. */
const loseAuthorization = `
  import { Socket } from 'node:net';
  const { write } = Socket.prototype;
  Socket.prototype.write = function (data, ...rest) {
    const text = typeof data === 'string' ? data.replace(/authorization:/i, 'x-lost:') : data;
    return write.call(this, text, ...rest);
  };
`;

/** One list is enough to see that it works. */
async function shortShipments(): Promise<Scenario> {
  const scenario = await shipmentsScenario();
  return { ...scenario, requests: scenario.requests.slice(0, 1) };
}
