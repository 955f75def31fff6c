// Wires the gateway.
import { readFile } from 'node:fs/promises';
import type { StartService } from '@simplebank/chassis';
import { settings } from './config.ts';
import { createEngine } from './engine.ts';
import { servePipeline } from './pipeline.ts';
import { createSubgraphDataSources } from './subgraph-data-source.ts';

export const start: StartService = async (host) => {
  const { SUPERGRAPH_FILE, INTROSPECTION } = host.config(settings);
  const warn = (message: string) => host.log.warn(message);
  const subgraphs = createSubgraphDataSources(warn);
  host.onStop(() => subgraphs.close());
  const engine = createEngine({
    supergraph: await readFile(SUPERGRAPH_FILE, 'utf8'),
    dataSource: (name) => subgraphs.of(() => `${host.addressOf(name)}/graphql`),
    warn,
  });
  return host.serveHttp((app) => servePipeline({ app, engine, introspection: INTROSPECTION, log: host.log }));
};
