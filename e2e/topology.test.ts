// Holds topology.ts, which is the architecture as code, against the services' code: what it says of a service is
// what the service does, and what a service does stands there.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { outside, services, type ServiceDescription } from '../topology.ts';
import {
  calledBy,
  endpointsOf,
  sourcesFrom,
  streamConstants,
  streamsOf,
  type Sources,
} from './service-code.fixture.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const described: readonly (readonly [string, ServiceDescription])[] = Object.entries(services);
const contracts = sourcesFrom('packages/contracts/index.ts');
const endpoints = endpointsOf(contracts);
const constants = streamConstants(contracts);
const mainOf = ({ main }: ServiceDescription) => main.replace('./', '');
const sorted = (names: Iterable<string>) => [...new Set(names)].toSorted();

test('every subgraph has its folder, and every folder of subgraphs is a service', () => {
  const folders = globSync('subgraphs/*/', { cwd: root }).map((folder) => basename(folder));
  const subgraphs = described.filter(([, { subgraph }]) => subgraph);
  assert.deepEqual(sorted(subgraphs.map(([name]) => name)), sorted(folders));
  for (const [name, service] of subgraphs) assert.equal(mainOf(service), `subgraphs/${name}/main.ts`);
});

test('the composed supergraph has exactly the subgraphs of the topology', () => {
  const supergraph = readFileSync(join(root, 'schema/supergraph.graphql'), 'utf8');
  const composed = [...supergraph.matchAll(/@join__graph\(name: "([\w-]+)"/g)].map(([, name = '']) => name);
  assert.deepEqual(
    sorted(composed),
    sorted(described.flatMap(([name, { subgraph }]) => (subgraph ? [name] : []))),
  );
});

test('no two servers share a port', () => {
  const ports = [
    ...described.map(([, { port }]) => port),
    outside.exchange.port,
    outside.exchange.controlPort,
    outside.postgres.port,
  ];
  assert.equal(new Set(ports).size, ports.length, ports.join());
});

for (const [name, service] of described) {
  const { calls, publishes, works = [], follows = [], database, subgraph } = service;
  const folder = dirname(mainOf(service));
  const sources = sourcesFrom(mainOf(service));

  test(`${name} calls the services that its code calls`, () => {
    const called = calledBy(sources, endpoints);
    // The gateway reaches its subgraphs by their names in the supergraph.
    if (name === 'gateway') described.forEach(([other, { subgraph }]) => subgraph && called.add(other));
    // The chassis verifies customers' tokens by identity's keys, in every service.
    called.add('identity');
    called.delete(name);
    assert.deepEqual(sorted(calls), sorted(called));
  });

  test(`${name} audits the services that only its programs ask`, () => {
    const programs = globSync(`${folder}/*.ts`, { cwd: root }).filter(
      (file) => !/(\.test|\.fixture)\.ts$/.test(file) && !sources.has(file),
    );
    const asked = calledBy(
      new Map([...sourcesFrom(...programs)].filter(([file]) => !sources.has(file))),
      endpoints,
    );
    asked.delete(name);
    assert.deepEqual(sorted(service.audits ?? []), sorted(asked));
  });

  test(`${name} publishes, works and follows the streams that its code names`, () => {
    const streams = streamsOf(name, sources, constants);
    assert.deepEqual(streams.publishes, publishes === undefined ? [] : [publishes]);
    assert.deepEqual(sorted(streams.works), sorted(works));
    assert.deepEqual(sorted(streams.follows), sorted(follows));
  });

  test(`${name} has a database exactly when it has migrations, and a schema exactly when it is a subgraph`, () => {
    assert.equal(existsSync(join(root, folder, 'migrations')), database);
    assert.equal(
      [...sources.values()].some((text) => text.includes('host.database(')),
      database,
    );
    assert.equal(existsSync(join(root, folder, 'schema.graphql')), subgraph);
  });
}

test('what is published has readers, and what is read has one publisher', () => {
  const published = described.flatMap(([, { publishes }]) => (publishes === undefined ? [] : [publishes]));
  const read = described.flatMap(([, { works = [], follows = [] }]) => [...works, ...follows]);
  assert.equal(new Set(published).size, published.length);
  assert.deepEqual(sorted(read), sorted(published));
});

test('the README has one row for each service, in the words of the topology', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const rows = new Map(
    [...readme.matchAll(/^\| \[([\w-]+)\]\(([\w/-]+)\)\s*\| (.*?)\s*\|$/gm)].map(([, name, folder, what]) => [
      name,
      { folder, what },
    ]),
  );
  for (const [name, service] of described)
    assert.deepEqual(rows.get(name), { folder: dirname(mainOf(service)), what: service.what });
  assert.deepEqual(rows.get('exchange'), { folder: 'exchange', what: outside.exchange.what });
  assert.equal(rows.size, described.length + 1);
});

test('the reading of code sees calls and streams, and is not misled by comments and by endpoints of another name', () => {
  const file = (text: string): Sources => new Map([['subgraphs/made-up/main.ts', text]]);
  const contracts = `import { quoteFee } from '@simplebank/contracts';`;
  const served = new Map([
    ['quoteFee', 'fees'],
    ['routeOrder', 'market'],
  ]);
  assert.deepEqual([...calledBy(file(`${contracts} client.call(quoteFee, {})`), served)], ['fees']);
  assert.deepEqual([...calledBy(file(`${contracts} // routeOrder`), served)], ['fees']);
  assert.deepEqual([...calledBy(file(`calls.send('gateway', '/graphql', {})`), served)], ['gateway']);
  assert.deepEqual([...calledBy(file('const quoteFee = 1;'), served)], []);
  const streams = file(
    `startRelay({ database, bus, stream: host.name, log }); bus.work({ group, streams: [ordersStream], handle });`,
  );
  const found = streamsOf('made-up', streams, new Map([['ordersStream', 'orders']]));
  assert.deepEqual(found, { publishes: ['made-up'], works: ['orders'], follows: [] });
});
