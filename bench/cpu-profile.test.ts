import { test } from 'node:test';
import assert from 'node:assert/strict';
import { analyseProfile, withoutWaiting, type CpuProfile, type Share } from './cpu-profile.ts';

const root = 'file:///bank/';
const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });

/** handle (orders) → request (chassis) → query (pg) → stringify; beside it a pg tick, the collector and idling. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 6, 8, 9] },
    { id: 2, callFrame: frame('handle', `${root}subgraphs/orders/service.ts`, 9), children: [3] },
    { id: 3, callFrame: frame('request', `${root}packages/chassis/http-client.ts`), children: [4] },
    { id: 4, callFrame: frame('query', `${root}node_modules/pg/lib/client.js`), children: [5, 10] },
    { id: 5, callFrame: frame('stringify') },
    { id: 6, callFrame: frame('onStreamRead', 'node:internal/stream_base_commons'), children: [7] },
    { id: 7, callFrame: frame('parse', `${root}node_modules/@scope/pg-protocol/dist/parser.js`) },
    { id: 8, callFrame: frame('(garbage collector)') },
    { id: 10, callFrame: frame('writev') },
    { id: 9, callFrame: frame('(idle)') },
  ],
  samples: [2, 3, 4, 5, 7, 8, 9, 9, 10],
  timeDeltas: [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 500_000, 500_000, 64_000],
};
const analysis = analyseProfile(profile, root);
const byName = (shares: readonly Share[]) =>
  Object.fromEntries(shares.map(({ name, selfMs, inclusiveMs }) => [name, [selfMs, inclusiveMs]]));

test('idling is no cost', () => {
  assert.equal(analysis.busyMs, 127);
});

test('each package has its own time, and the time of what it calls', () => {
  assert.deepEqual(byName(analysis.groups), {
    '(garbage collector)': [32, 32],
    '@scope/pg-protocol': [16, 16],
    JSON: [8, 8],
    pg: [4, 76],
    'own: packages/chassis': [2, 78],
    'own: subgraphs/orders': [1, 79],
    'built-in: writev': [0, 64],
    'system call: write, by pg': [64, 64],
    'node:internal/stream_base_commons': [0, 16],
  });
});

test('what a shared package does counts for the service that called it', () => {
  assert.deepEqual(byName(analysis.services), {
    '(garbage collector)': [32, 32],
    'begun by @scope/pg-protocol': [16, 16],
    'subgraphs/orders': [79, 79],
  });
});

test('an own file costs what it calls, up to the next own file', () => {
  assert.deepEqual(byName(analysis.ownFiles), {
    'packages/chassis/http-client.ts': [78, 78],
    'subgraphs/orders/service.ts': [1, 79],
  });
});

test('functions are named with their place, lines counted from one', () => {
  assert.ok(analysis.functions.some(({ name }) => name === 'handle subgraphs/orders/service.ts:10'));
  assert.ok(analysis.functions.some(({ name }) => name === 'stringify (built-in)'));
});

test('a sample is worth one interval of CPU at most, and none when it came after a wait', () => {
  const late: CpuProfile = { ...profile, samples: [2, 3, 4, 5], timeDeltas: [400, 600, 1_200, 9_000] };
  assert.deepEqual(withoutWaiting(late, 500).timeDeltas, [400, 500, 500, 0]);
});
