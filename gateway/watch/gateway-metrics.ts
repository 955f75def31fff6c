// Prometheus metrics of one gateway, in a registry of its own: what the engine, the transport and the HTTP front tell
// is counted, the rest is read at each scrape.
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { HttpFront } from '../http/http-front.ts';
import type { HttpAnswer } from '../http/http-message.ts';
import type { FetchEvent, TransportSnapshot } from '../transport/fetch-event.ts';
import { CountedCounter, type Count } from './counted-metrics.ts';
import { engineGauges, lifeWatch, planningWatch, type WatchedEngine } from './engine-metrics.ts';
import type { EngineWatch } from './engine-watch.ts';
import { OperationMetrics } from './operation-metrics.ts';
import { subgraphMetrics, transportGauges } from './subgraph-metrics.ts';

export interface GatewayMetrics {
  readonly registry: Registry;
  /** For EngineOptions.watch. */
  readonly watch: EngineWatch;
  /** For TransportOptions.onFetch. */
  readonly onFetch: (event: FetchEvent) => void;
  /** Counts answers by status, those that never reach the engine included. */
  watchedFront(front: HttpFront): HttpFront;
  /** Adds what is read at each scrape; once each. */
  readEngine(engine: WatchedEngine): void;
  readTransport(transport: { snapshot(): TransportSnapshot }): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

export interface MetricsOptions {
  /** Memory, processor, event loop and garbage collection of this process; default false. */
  readonly process?: boolean;
}

/** One for all gateways of a process: it observes the garbage collector, and cannot be undone. */
let processRegistry: Registry | undefined;

export function createGatewayMetrics({ process = false }: MetricsOptions = {}): GatewayMetrics {
  const registry = new Registry();
  const observed = process ? observedProcess() : undefined;
  const operations = new OperationMetrics(registry);
  return {
    registry,
    watch: {
      operation: (event) => operations.record(event),
      ...planningWatch(registry),
      ...lifeWatch(registry),
    },
    onFetch: subgraphMetrics(registry),
    watchedFront: (front) => watchedFront(registry, front),
    readEngine: (engine) => engineGauges(registry, engine),
    readTransport: (transport) => transportGauges(registry, transport),
    text: async () => (await registry.metrics()) + ((await observed?.metrics()) ?? ''),
  };
}

function observedProcess(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

function watchedFront(registry: Registry, front: HttpFront): HttpFront {
  const answers = new CountedCounter({
    name: 'gateway_http_answers_total',
    help: 'Answers by status.',
    labelNames: ['status'],
    registry,
  });
  const byStatus: Record<number, Count> = {};
  const counted = (answer: HttpAnswer) => {
    const count = (byStatus[answer.status] ??= answers.open({ status: String(answer.status) }));
    count.value += 1;
    return answer;
  };
  return {
    path: front.path,
    answerHttp: (request) => front.answerHttp(request).then(counted),
    answerRefused: (request, refused) => counted(front.answerRefused(request, refused)),
  };
}
