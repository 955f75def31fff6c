// Who may import whom, as one table (ARCHITECTURE.md shows it as a picture), and the
// program that checks the tree against it: `node packages/testkit/import-walls.ts`. A border that is not
// checked by a machine is gone within a year. The engine beside it knows no folder names; they all stand here.

import { fileURLToPath } from 'node:url';
import { findViolations, type Walls } from './import-walls-engine.ts';
import { readTree } from './import-walls-files.ts';

/** Names in `mayImport` are workspace packages: 'money' is '@simplebank/money'. What is not listed is refused. */
export const walls: Walls = {
  scope: '@simplebank/',

  /** Tests may import all of their own package, all of node and npm, and this package besides their part's own. */
  testPackage: 'testkit',
  testFiles: /\.test\.ts$|[.-](contract|suite|fixture)\.ts$/,

  /** One row a part of the house. The longest folder that matches a file is its part; `*` is one folder. */
  parts: [
    // What everything stands on.
    { folder: 'packages/money', mayImport: [], outside: 'nothing', why: 'money is pure arithmetic' },
    { folder: 'packages/fix', mayImport: [], outside: 'node', why: 'FIX is a protocol both sides share' },
    {
      folder: 'packages/contracts',
      mayImport: ['chassis'],
      outside: 'npm',
      why: 'contracts are words, not behaviour',
    },
    {
      folder: 'packages/postgres-embedded',
      mayImport: [],
      outside: 'node',
      why: 'it starts before anything',
    },
    { folder: 'packages/chassis', mayImport: [], outside: 'all', why: 'the chassis carries any service' },
    {
      folder: 'packages/events',
      mayImport: ['chassis', 'contracts'],
      outside: 'all',
      why: 'events carry contracts',
    },
    {
      folder: 'packages/saga',
      mayImport: ['chassis'],
      outside: 'all',
      why: 'the saga runner knows no business',
    },
    {
      folder: 'packages/completion',
      mayImport: ['chassis', 'events'],
      outside: 'all',
      why: 'live queries know no business',
    },
    {
      folder: 'packages/testkit',
      mayImport: ['chassis', 'contracts', 'events', 'money', 'postgres-embedded'],
      outside: 'all',
      why: 'the testkit serves every test, so it must know no service',
    },

    // The business. A subgraph is reached over the network only, also by another subgraph.
    {
      folder: 'subgraphs/*',
      mayImport: ['chassis', 'contracts', 'events', 'money', 'saga'],
      outside: 'all',
      why: 'a subgraph stands alone on shared packages',
    },
    {
      folder: 'subgraphs/market',
      mayImport: ['chassis', 'contracts', 'events', 'fix', 'money'],
      outside: 'all',
      why: 'market alone speaks FIX to the exchange',
    },
    {
      folder: 'subgraphs/*/domain',
      mayImport: ['money'],
      outside: 'nothing',
      why: 'the domain is pure: no clock, no I/O, no node, no npm',
    },

    // The way in. None of it knows the business.
    { folder: 'gateway', mayImport: ['chassis'], outside: 'all', why: 'the gateway serves any supergraph' },
    {
      folder: 'bff-*',
      mayImport: ['chassis', 'completion', 'events'],
      outside: 'all',
      why: 'a BFF knows shared packages and generated types only',
    },
    {
      folder: 'schema',
      mayImport: [],
      outside: 'all',
      readsOnly: '.graphql, .json and .generated.ts',
      why: 'composition and contracts see schemas and documents, never code but what it wrote itself',
    },

    // Outside parties.
    { folder: 'exchange', mayImport: ['fix'], outside: 'all', why: 'the exchange is another company' },
    {
      folder: 'identity',
      mayImport: ['chassis', 'contracts', 'events'],
      outside: 'all',
      why: 'the provider signs tokens and says when their sessions end, and knows no business',
    },

    // What wires and what looks from outside. Only these reach into others, and only to their start entry.
    {
      folder: '',
      mayImport: 'all',
      outside: 'all',
      reaches: ['deploy/*.ts', '*/main.ts', 'subgraphs/*/main.ts'],
      why: 'start.ts starts the bank as deploy wires it',
    },
    {
      folder: 'deploy',
      mayImport: 'all',
      outside: 'all',
      reaches: ['topology.ts', '*/main.ts', 'subgraphs/*/main.ts'],
      why: 'deploy wires the bank from each service’s main.ts',
    },
    {
      folder: 'e2e',
      mayImport: 'all',
      outside: 'all',
      reaches: ['start.ts', 'topology.ts', 'deploy/*.ts', '*/main.ts', 'subgraphs/*/main.ts'],
      why: 'journeys start the bank by its public entries',
    },
    {
      folder: 'bench',
      mayImport: 'all',
      outside: 'all',
      reaches: ['topology.ts', 'deploy/*.ts', 'e2e/*.ts'],
      why: 'the bench puts load on the bank as journeys walk through it',
    },
  ],

  /** The order inside a subgraph: main → resolvers → service → domain → money. `other` is any other file. */
  layers: {
    within: 'subgraphs/*',
    rows: [
      { layer: 'main', mayImport: 'all', why: 'main alone wires' },
      {
        layer: 'resolvers',
        mayImport: ['resolvers', 'loaders', 'service', 'domain', 'other'],
        typesOf: ['store'],
        why: 'resolvers translate GraphQL and ask the service',
      },
      {
        layer: 'loaders',
        mayImport: ['service', 'store', 'domain', 'other'],
        why: 'loaders batch what the store reads',
      },
      {
        layer: 'service',
        mayImport: ['service', 'events', 'store', 'domain', 'other'],
        why: 'the service is the same for GraphQL, HTTP and events',
      },
      {
        layer: 'events',
        mayImport: ['service', 'store', 'domain', 'other'],
        why: 'events come in by the service and go out by the store',
      },
      {
        layer: 'store',
        mayImport: ['store', 'other'],
        typesOf: ['domain'],
        why: 'the store keeps what the domain names, it decides nothing',
      },
      { layer: 'config', mayImport: [], why: 'configuration is read before anything exists' },
      { layer: 'domain', mayImport: ['domain'], why: 'the domain is pure' },
      {
        layer: 'other',
        mayImport: ['config', 'service', 'events', 'store', 'domain', 'other'],
        why: 'only main wires, and only main knows the resolvers',
      },
    ],
  },

  /** Folders from the root to the file. */
  depth: [
    { folder: '', atMost: 3 },
    { folder: 'gateway', atMost: 4 },
    { folder: 'subgraphs/*/domain', atMost: 4 },
  ],

  /** A folder named so has no subject, so everything ends up in it. */
  refusedNames: ['utils', 'util', 'helpers', 'helper', 'common', 'lib'],
};

if (import.meta.main) {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const files = readTree(root);
  const violations = findViolations(walls, files);
  for (const { file, line, rule, why } of violations) console.error(`${file}:${line} ${rule} — ${why}`);
  console.log(`import walls: ${files.size} files, ${violations.length} violations`);
  process.exitCode = violations.length > 0 ? 1 : 0;
}
