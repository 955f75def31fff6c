// The bank's engine: its supergraph from a file that is followed, so that a new one goes live without a restart, and
// its requests over the chassis' calls. It ends with the service, after the last request.
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import type { ServiceHost } from '@simplebank/chassis';
import { reportBug } from './bank-front.ts';
import { createBankSubgraphs } from './bank-subgraphs.ts';
import { readKnownDocuments } from './known-documents.ts';
import type { settings } from '../config.ts';
import { createEngine, type Engine } from '../engine.ts';
import { followFile } from '../supergraph/follow-file.ts';
import { engineGauges, lifeWatch, planningWatch } from '../watch/engine-metrics.ts';
import { joinWatches, type EngineWatch } from '../watch/engine-watch.ts';
import { OperationMetrics } from '../watch/operation-metrics.ts';

/** To each replica of a subgraph. */
const connectionsPerReplica = 64;
/** The applications' longest document has a few hundred; an attack spends the server's time by long ones. */
const mostTokens = 2_000;

export async function openBankEngine(host: ServiceHost, config: z.infer<typeof settings>): Promise<Engine> {
  const { log } = host;
  const calls = host.openCalls(connectionsPerReplica);
  host.onStop(() => calls.close());
  const supergraph = await readFile(config.SUPERGRAPH_FILE, 'utf8');
  const engine = await createEngine({
    supergraph,
    knownDocuments: await readKnownDocuments(config.WARM_MANIFESTS),
    fetcher: createBankSubgraphs({ calls, log }),
    introspection: config.INTROSPECTION,
    documentLimits: { tokens: mostTokens },
    watch: watchEngine(host),
  });
  host.onStop(() => engine.close());
  engineGauges(host.metrics.registry, engine);
  const following = followFile(config.SUPERGRAPH_FILE, supergraph, {
    pollMs: config.SUPERGRAPH_POLL_MS,
    changed: async (text) => engine.reload(text, await readKnownDocuments(config.WARM_MANIFESTS)),
    failed: (err) => log.error({ err }, 'the supergraph stays as it is'),
  });
  host.onStop(() => following[Symbol.dispose]());
  return engine;
}

/** Counted with the service's other metrics; bugs and reloads are in its log. */
export function watchEngine({ metrics: { registry }, log }: ServiceHost): EngineWatch {
  const operations = new OperationMetrics(registry);
  return joinWatches(
    {
      operation: (event) => operations.record(event),
      ...planningWatch(registry),
      ...lifeWatch(registry),
    },
    {
      failed: (fault) => reportBug(log, fault),
      reloaded: (event) => log.info(event, 'supergraph'),
    },
  );
}
