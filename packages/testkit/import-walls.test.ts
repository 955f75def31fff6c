// Proves that each import wall bites: a legal tree in memory, one break at a time, and the rule that must see it.
// The last test holds the walls against the real tree.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findViolations, type Rule } from './import-walls-engine.ts';
import { readTree } from './import-walls-files.ts';
import { walls } from './import-walls.ts';

type Tree = Record<string, string>;

const legalTree: Tree = {
  'start.ts': `import { services } from './topology.ts'; await import('./subgraphs/orders/main.ts');`,
  'topology.ts': 'export const services = [];',
  'packages/money/index.ts': `export * from './money.ts';`,
  'packages/money/money.ts': 'export const zero = 0n;',
  'packages/money/money.test.ts': `import test from 'node:test'; import fc from 'fast-check'; import { zero } from './money.ts';`,
  'packages/chassis/index.ts': `import pino from 'pino'; export const serve = pino;`,
  'packages/contracts/index.ts': `import { z } from 'zod'; export const event = z;`,
  'packages/testkit/index.ts': `import { serve } from '@simplebank/chassis'; export const startService = serve;`,
  'packages/fix/index.ts': `import net from 'node:net'; export const session = net;`,
  'subgraphs/orders/main.ts': `import { serve } from '@simplebank/chassis'; import { resolvers } from './resolvers.ts'; import { store } from './store.ts';`,
  'subgraphs/orders/resolvers.ts': `import { place } from './service.ts'; export const resolvers = { place };`,
  'subgraphs/orders/service.ts': `import { order } from './domain/order.ts'; import { store } from './store.ts'; export const place = [order, store];`,
  'subgraphs/orders/store.ts': `import type { Order } from './domain/order.ts'; export const store = [] as Order[];`,
  'subgraphs/orders/domain/order.ts': `import { zero } from '@simplebank/money'; export const order = zero; export type Order = typeof order;`,
  'subgraphs/orders/domain/order.test.ts': `import test from 'node:test'; import { build } from '@simplebank/testkit'; import { order } from './order.ts';`,
  'schema/compose.ts': `import { readFileSync } from 'node:fs'; readFileSync('../subgraphs/orders/schema.graphql');`,
  'gateway/main.ts': `import { serve } from '@simplebank/chassis';`,
  'bff-web/main.ts': `import { serve } from '@simplebank/chassis';`,
  'exchange/main.ts': `import { session } from '@simplebank/fix';`,
  'e2e/journey.e2e.test.ts': `import { zero } from '@simplebank/money'; import '../start.ts'; import '../subgraphs/orders/main.ts';`,
};

const violationsOf = (changes: Tree) =>
  findViolations(walls, new Map(Object.entries({ ...legalTree, ...changes })));

/** What breaks → the rule that must bite → the files that break it. */
const breaks: readonly (readonly [title: string, rule: Rule, changes: Tree])[] = [
  ['a package without a row', 'unknown-part', { 'packages/new/index.ts': 'export const x = 1;' }],
  [
    'a subgraph importing another by name',
    'workspace-import',
    { 'subgraphs/fees/main.ts': `import '@simplebank/orders';` },
  ],
  [
    'a subgraph importing another by path',
    'leaves-its-package',
    { 'subgraphs/fees/main.ts': `import '../orders/service.ts';` },
  ],
  [
    'a subgraph importing the main of another',
    'leaves-its-package',
    { 'subgraphs/fees/main.ts': `import '../orders/main.ts';` },
  ],
  [
    'a subgraph other than market speaking FIX',
    'workspace-import',
    { 'subgraphs/fees/main.ts': `import '@simplebank/fix';` },
  ],
  [
    'a package importing a subgraph',
    'leaves-its-package',
    { 'packages/saga/index.ts': `export type X = import('../../subgraphs/orders/service.ts').X;` },
  ],
  [
    'the saga runner knowing the business',
    'workspace-import',
    { 'packages/saga/index.ts': `import '@simplebank/contracts';` },
  ],
  [
    'completion knowing the business',
    'workspace-import',
    { 'packages/completion/index.ts': `import '@simplebank/contracts';` },
  ],
  ['the gateway knowing money', 'workspace-import', { 'gateway/plan.ts': `import '@simplebank/money';` }],
  [
    'the gateway knowing contracts',
    'workspace-import',
    { 'gateway/plan.ts': `export * from '@simplebank/contracts'; export const a = 1;` },
  ],
  [
    'a BFF knowing contracts',
    'workspace-import',
    { 'bff-mobile/main.ts': `await import('@simplebank/contracts');` },
  ],
  [
    'composition importing the workspace',
    'workspace-import',
    { 'schema/check.ts': `import '@simplebank/chassis';` },
  ],
  [
    'composition reading code',
    'reads-only',
    { 'schema/check.ts': `export const read = '../subgraphs/orders/resolvers.ts';` },
  ],
  [
    'the exchange knowing the bank',
    'workspace-import',
    { 'exchange/book.ts': `import '@simplebank/contracts';` },
  ],
  [
    'money importing the workspace',
    'workspace-import',
    { 'packages/money/price.ts': `import '@simplebank/chassis';` },
  ],
  ['money importing node', 'outside-import', { 'packages/money/price.ts': `import 'node:fs';` }],
  ['FIX importing npm', 'outside-import', { 'packages/fix/message.ts': `import 'zod';` }],
  [
    'the domain importing node',
    'outside-import',
    { 'subgraphs/orders/domain/id.ts': `import 'node:crypto';` },
  ],
  ['the domain importing npm', 'outside-import', { 'subgraphs/orders/domain/id.ts': `import 'zod';` }],
  [
    'the domain importing contracts',
    'workspace-import',
    { 'subgraphs/orders/domain/id.ts': `import '@simplebank/contracts';` },
  ],
  [
    'the domain importing its service',
    'layer',
    { 'subgraphs/orders/domain/id.ts': `import type { X } from '../service.ts';` },
  ],
  [
    'the domain importing its config',
    'layer',
    { 'subgraphs/orders/config.ts': '', 'subgraphs/orders/domain/id.ts': `import '../config.ts';` },
  ],
  ['the service importing resolvers', 'layer', { 'subgraphs/fees/service.ts': `import './resolvers.ts';` }],
  ['resolvers importing the store', 'layer', { 'subgraphs/fees/resolvers.ts': `import './store.ts';` }],
  [
    'a store deciding by the domain',
    'layer',
    { 'subgraphs/fees/fee-store.ts': `import { quote } from './domain/quote.ts';` },
  ],
  ['a part of a service importing main', 'layer', { 'subgraphs/fees/clock.ts': `import './main.ts';` }],
  [
    'production importing the testkit',
    'workspace-import',
    { 'subgraphs/fees/clock.ts': `import '@simplebank/testkit';` },
  ],
  ['production importing a test', 'test-import', { 'gateway/plan.ts': `import './plan.test.ts';` }],
  [
    'a test reaching into another package',
    'leaves-its-package',
    { 'gateway/plan.test.ts': `import '../packages/money/money.ts';` },
  ],
  [
    'a test of a BFF importing a subgraph',
    'workspace-import',
    { 'bff-web/live.test.ts': `import '@simplebank/orders';` },
  ],
  [
    'an import past the entry of a package',
    'deep-import',
    { 'gateway/plan.ts': `import '@simplebank/chassis/http.ts';` },
  ],
  [
    'a journey reaching behind an entry',
    'leaves-its-package',
    { 'e2e/run.ts': `import '../subgraphs/orders/store.ts';` },
  ],
  [
    'start.ts reaching behind an entry',
    'leaves-its-package',
    { 'start.ts': `import './subgraphs/orders/store.ts';` },
  ],
  [
    'a cycle of two files',
    'cycle',
    { 'gateway/a.ts': `import './b.ts';`, 'gateway/b.ts': `import './a.ts';` },
  ],
  [
    'a cycle of types',
    'cycle',
    {
      'gateway/a.ts': `import type { B } from './b.ts';`,
      'gateway/b.ts': `import type { A } from './a.ts';`,
    },
  ],
  [
    'a cycle through a package entry',
    'cycle',
    {
      'packages/chassis/index.ts': `import '@simplebank/events';`,
      'packages/events/index.ts': `import '@simplebank/chassis';`,
    },
  ],
  ['a file four folders deep', 'depth', { 'subgraphs/orders/saga/steps/x.ts': '' }],
  ['a file five folders deep in the gateway', 'depth', { 'gateway/a/b/c/d/x.ts': '' }],
  ['a document four folders deep', 'depth', { 'docs/a/b/c/x.md': '' }],
  ['a folder without a subject', 'refused-name', { 'gateway/utils/x.ts': '' }],
  ['a file without a subject', 'refused-name', { 'gateway/helpers.ts': '' }],
  ['an index.ts inside a package', 'barrel', { 'gateway/plan/index.ts': 'export const plan = 1;' }],
  ['a file that only passes on others', 'barrel', { 'gateway/all.ts': `export * from './main.ts';` }],
];

test('finds nothing in a legal tree', () => {
  assert.deepEqual(violationsOf({}), []);
});

for (const [title, rule, changes] of breaks) {
  test(`sees ${title}`, () => {
    const rules = violationsOf(changes).map((violation) => violation.rule);
    assert.ok(rules.includes(rule), `expected ${rule}, found ${rules.join(', ') || 'nothing'}`);
  });
}

test('names file, line and the reason of a violation', () => {
  assert.deepEqual(violationsOf({ 'gateway/plan.ts': `import 'graphql';\nimport '@simplebank/money';` }), [
    {
      file: 'gateway/plan.ts',
      line: 2,
      rule: 'workspace-import',
      why: "'@simplebank/money': the gateway serves any supergraph",
    },
  ]);
});

test('allows types of the store to resolvers, and types of the domain to the store', () => {
  const types = {
    'subgraphs/fees/resolvers.ts': `import type { Row } from './store.ts'; export type R = Row;`,
    'subgraphs/fees/store.ts': `import { type Fee } from './domain/fee.ts'; export type Row = Fee;`,
    'subgraphs/fees/domain/fee.ts': `export type Fee = bigint;`,
  };
  assert.deepEqual(violationsOf(types), []);
});

test('allows four folders below domain and inside the gateway', () => {
  assert.deepEqual(violationsOf({ 'gateway/a/b/c/x.ts': '', 'subgraphs/orders/domain/fills/x.ts': '' }), []);
});

test('refuses a file that it cannot read', () => {
  assert.throws(
    () => violationsOf({ 'gateway/plan.ts': 'import from from from;' }),
    /gateway\/plan\.ts cannot be parsed/,
  );
});

test('passes the real tree', () => {
  const files = readTree(fileURLToPath(new URL('../../', import.meta.url)));
  assert.ok(files.has('packages/testkit/import-walls.ts'), 'the tree that was read is not this workspace');
  assert.deepEqual(findViolations(walls, files), []);
});
