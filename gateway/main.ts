// Wires the gateway.
import { readFile } from 'node:fs/promises';
import type { StartService } from '@simplebank/chassis';
import { settings } from './config.ts';
import { createEngine } from './engine.ts';
import { servePipeline } from './pipeline.ts';
import { createSubgraphDataSources } from './subgraph-data-source.ts';

/** To each replica of a subgraph. */
const connectionsPerReplica = 64;

export const start: StartService = async (host) => {
  const { SUPERGRAPH_FILE, INTROSPECTION } = host.config(settings);
  const warn = (message: string) => host.log.warn(message);
  const calls = host.openCalls(connectionsPerReplica);
  host.onStop(() => calls.close());
  const subgraphs = createSubgraphDataSources({ calls, warn });
  const engine = createEngine({
    supergraph: await readFile(SUPERGRAPH_FILE, 'utf8'),
    dataSource: (name) => subgraphs.of(name),
    warn,
  });
  return host.serveHttp((app) => servePipeline({ app, engine, introspection: INTROSPECTION, log: host.log }));
};
