import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contestants, ownName } from './contestants.ts';
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
  const measured = await measure(await shipmentsScenario(), ownName, 'limit');
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
  const silent = {
    ...limit,
    start: async (place: Parameters<typeof limit.start>[0]) => [
      ...['--import', 'data:text/javascript,import http from "node:http";' + forgetAuthorization],
      ...(await limit.start(place)),
    ],
  };
  await assert.rejects(
    measureScenario({ ...(await shipmentsScenario()), connections: 1 }, [silent], least, () => {}),
    /limit does not pass authorization on/,
  );
});

/** Code for the process of the gateway: headers that go out lose the name. */
const forgetAuthorization =
  'import net from "node:net";const write=net.Socket.prototype.write;' +
  'net.Socket.prototype.write=function(data,...rest){return write.call(this,' +
  'typeof data==="string"?data.replace(/authorization:/i,"x-lost:"):data,...rest)};';
