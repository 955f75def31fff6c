// Who is compared, and how each is started. Settings of others stand in peers/; each is told to be fast, as its vendor
// says, and to pass the client's authorization on, as ours does unless told otherwise.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtCommand } from './build-own.ts';

/** What a gateway needs to start. */
export interface Place {
  /** For files that live as long as the run. */
  readonly folder: string;
  readonly supergraphFile: string;
  /** Subgraph requests of each request, for the process that has no logic. */
  readonly trafficFile: string;
}

export interface Contestant {
  readonly name: string;
  readonly title: string;
  /** Gateways answer all requests; a floor is what the machine and Node cost without one. */
  readonly kind: 'gateway' | 'echo' | 'limit';
  /** Whether its packages lie in peers/node_modules. */
  readonly isPeerPackage?: true;
  /** Arguments of Node. */
  start(place: Place): Promise<readonly string[]>;
}

/** Ours, to which all others are compared. */
export const ownName = 'simplebank';
/** The same again as another process: by so much do equal things differ here. */
export const controlName = 'control';

/** Answers may take long where 200 connections wait for one core; nobody else here has a deadline at all. */
const ownDeadlineMs = 30_000;

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

async function startOwn({ folder, supergraphFile }: Place): Promise<readonly string[]> {
  const configFile = join(folder, 'simplebank.json');
  const config = {
    supergraph: supergraphFile,
    port: 0,
    deadlineMs: ownDeadlineMs,
    transport: { longestFetchMs: ownDeadlineMs },
  };
  await writeFile(configFile, JSON.stringify(config));
  return [await builtCommand(), '--config', configFile];
}

const hive = (config: string) => (place: Place) =>
  Promise.resolve([
    path('./peers/node_modules/@graphql-hive/gateway/dist/bin.js'),
    'supergraph',
    place.supergraphFile,
    `--config-path=${path(`./peers/${config}`)}`,
    '--port=0',
    '--host=127.0.0.1',
    '--fork=1',
  ]);

export const contestants: readonly Contestant[] = [
  { name: ownName, title: 'this engine', kind: 'gateway', start: startOwn },
  { name: controlName, title: 'this engine again (A/A)', kind: 'gateway', start: startOwn },
  {
    name: 'apollo',
    title: '@apollo/gateway 2.14 + @apollo/server 5',
    kind: 'gateway',
    start: ({ supergraphFile }) => Promise.resolve([path('./peers/apollo-server.ts'), supergraphFile]),
  },
  {
    name: 'hive',
    title: 'Hive Gateway 2.15',
    kind: 'gateway',
    isPeerPackage: true,
    start: hive('hive-default.config.js'),
  },
  {
    name: 'hive-rust',
    title: 'Hive Gateway 2.15, Rust planner',
    kind: 'gateway',
    isPeerPackage: true,
    start: hive('hive-router-runtime.config.js'),
  },
  {
    name: 'limit',
    title: 'Node’s limit: HTTP, parse, stringify',
    kind: 'limit',
    start: ({ trafficFile }) => Promise.resolve([path('./limit-server.ts'), trafficFile]),
  },
  {
    name: 'echo',
    title: 'echo server on node:http',
    kind: 'echo',
    start: () => Promise.resolve([path('./echo-server.ts')]),
  },
];
