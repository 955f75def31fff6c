// The standalone gateway: engine, transport and HTTP front wired by one config; the supergraph is followed as its file
// changes.
import { readFile } from 'node:fs/promises';
import { engineOptionsOf, frontOptionsOf, serverOptionsOf, transportOptionsOf } from './config-options.ts';
import { createEngine, type Engine } from '../engine.ts';
import { followFile } from '../supergraph/follow-file.ts';
import { ConfigInvalid, type GatewayConfig } from './gateway-config.ts';
import { createHttpFront } from '../http/http-front.ts';
import { serveNodeHttp } from '../http/serve-node-http.ts';
import { openManifestFile } from '../http/trusted-documents.ts';
import { SubgraphUrls } from '../transport/subgraph-urls.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { createTransport } from '../transport/transport.ts';
import { joinWatches, type EngineWatch } from '../watch/engine-watch.ts';
import { createGatewayMetrics } from '../watch/gateway-metrics.ts';
import { logSeldom } from '../watch/log-seldom.ts';
import { createTracing } from '../watch/tracing.ts';

export interface RunningGateway extends AsyncDisposable {
  readonly url: string;
  readonly engine: Engine;
  /** Finishes what is under way, then closes everything. */
  stop(): Promise<void>;
}

export type WriteLog = (level: 'info' | 'warn' | 'error', message: string, details?: object) => void;

/** Throws ConfigInvalid, SupergraphInvalid, ManifestInvalid, or what the file system or the port says. */
export async function serveGateway(config: GatewayConfig, log: WriteLog): Promise<RunningGateway> {
  await using opened = new AsyncDisposableStack();
  const supergraph = await readFile(config.supergraph, 'utf8');
  const metrics = createGatewayMetrics({ process: config.metrics });
  const tracing = createTracing();
  const holder: { engine?: Engine } = {};
  const urls = new SubgraphUrls((name) => config.subgraphs[name]?.urls);
  const transport = opened.use(
    createTransport({
      ...(await transportOptionsOf(config)),
      urlsOf: (name) => urls.of(name, holder.engine?.generation.supergraph),
      onFetch: metrics.onFetch,
      report: logSeldom((report) => log('warn', 'a subgraph request failed', report)),
    }),
  );
  const engine = opened.adopt(
    await createEngine({
      ...engineOptionsOf(config),
      supergraph,
      fetcher: tracing.tracedFetcher(transport),
      watch: joinWatches(metrics.watch, tracing.watch, loggingWatch(log)),
    }),
    (open) => open.close(),
  );
  holder.engine = engine;
  checkSubgraphs(config, engine.generation.supergraph);
  metrics.readEngine(engine);
  metrics.readTransport(transport);
  if (config.supergraphPollMs > 0) opened.use(followSupergraph(config, supergraph, engine, log));

  const { trustedDocuments: trusted } = config;
  const report = (error: unknown) => log('warn', 'the manifest stays as it is', { reason: reasonOf(error) });
  const front = createHttpFront(tracing.tracedHandler(engine), {
    ...frontOptionsOf(config),
    ...(trusted && { trustedDocuments: opened.use(await openManifestFile(trusted.manifest, { report })) }),
    report: ({ error, correlationId }) =>
      log('error', 'a request failed', { correlationId, reason: reasonOf(error) }),
  });
  const server = await serveNodeHttp({
    ...serverOptionsOf(config),
    front: metrics.watchedFront(front),
    ...(config.metrics && { metrics: metrics.text }),
  });
  opened.defer(async () => void (await server.stop(config.stopMs)));
  const open = opened.move();
  return {
    url: `${server.url}${front.path}`,
    engine,
    stop: () => open.disposeAsync(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** A slip in a name would otherwise show only when the subgraph is asked at the wrong address. */
function checkSubgraphs(config: GatewayConfig, { subgraphs }: Supergraph): void {
  const names = subgraphs.map(({ name }) => name);
  const unknown = Object.keys(config.subgraphs).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new ConfigInvalid(`subgraphs.${unknown}: the supergraph knows only ${names.join(', ')}`);
  }
  const homeless = subgraphs.find(
    ({ name, url = '' }) => url === '' && config.subgraphs[name]?.urls === undefined,
  );
  if (homeless !== undefined) {
    throw new ConfigInvalid(`subgraphs.${homeless.name}.urls: is missing, and the supergraph gives no url`);
  }
}

function followSupergraph(config: GatewayConfig, first: string, engine: Engine, log: WriteLog): Disposable {
  return followFile(config.supergraph, first, {
    pollMs: config.supergraphPollMs,
    changed: (text) => engine.reload(text),
    failed: (fault) => log('error', 'the supergraph stays as it is', { reason: reasonOf(fault) }),
  });
}

function loggingWatch(log: WriteLog): EngineWatch {
  return {
    failed: (fault, context) => log('error', 'a request failed', { ...context, reason: reasonOf(fault) }),
    reloaded(event) {
      if (event.outcome === 'live') log('info', 'a new supergraph is live', event);
    },
  };
}

/** With the stack of what is a bug: an expected fault's message says all. */
function reasonOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  return fault.name === 'Error' || fault.name.endsWith('TypeError')
    ? (fault.stack ?? fault.message)
    : fault.message;
}
