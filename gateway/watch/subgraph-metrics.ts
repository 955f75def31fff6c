// Metrics of subgraphs: a count for each fetch, and gauges of connections and circuit breakers read at each scrape.
import { Gauge, type Registry } from 'prom-client';
import type { FetchEvent, ReplicaSnapshot, TransportSnapshot } from '../transport/fetch-event.ts';
import { CountedCounter, CountedHistogram, type Count, type Observations } from './counted-metrics.ts';
import { secondsBounds } from './operation-metrics.ts';

type Outcome = FetchEvent['outcome'];

interface Series {
  readonly counts: Record<Outcome, Count>;
  readonly seconds: Observations;
  readonly bytes: Count;
  readonly retries: Count;
  readonly deduplicated: Count;
}

export function subgraphMetrics(registry: Registry): (event: FetchEvent) => void {
  const bySubgraph = new Map<string, Series>();
  const open = seriesMaker(registry);
  return ({ subgraph, outcome, durationMs, bytes, retries, isDeduplicated }) => {
    let series = bySubgraph.get(subgraph);
    if (series === undefined) bySubgraph.set(subgraph, (series = open(subgraph)));
    series.counts[outcome].value += 1;
    series.seconds.add(durationMs / 1_000);
    if (isDeduplicated) {
      // What is shared came once.
      series.deduplicated.value += 1;
      return;
    }
    series.bytes.value += bytes;
    series.retries.value += retries;
  };
}

function seriesMaker(registry: Registry): (subgraph: string) => Series {
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new CountedCounter({ name, help, labelNames: ['subgraph', ...labelNames], registry });
  const requests = counter('gateway_subgraph_requests_total', 'Fetches, by how they ended.', 'outcome');
  const bytes = counter('gateway_subgraph_bytes_total', 'Of answers, as they came over the wire.');
  const retries = counter('gateway_subgraph_retries_total', 'Attempts after the first one.');
  const deduplicated = counter(
    'gateway_subgraph_deduplicated_total',
    'Fetches that shared the answer to an equal one under way.',
  );
  const seconds = new CountedHistogram({
    name: 'gateway_subgraph_request_seconds',
    help: 'Time from a fetch to its answer, with its retries.',
    labelNames: ['subgraph'],
    bounds: secondsBounds,
    registry,
  });
  return (subgraph) => {
    const count = (outcome: Outcome) => requests.open({ subgraph, outcome });
    return {
      counts: {
        answered: count('answered'),
        unavailable: count('unavailable'),
        deadline: count('deadline'),
        abandoned: count('abandoned'),
        refused: count('refused'),
      },
      seconds: seconds.open({ subgraph }),
      bytes: bytes.open({ subgraph }),
      retries: retries.open({ subgraph }),
      deduplicated: deduplicated.open({ subgraph }),
    };
  };
}

const breakerStates = [
  'closed',
  'half-open',
  'open',
] as const satisfies readonly ReplicaSnapshot['breaker'][];

/** What it was at the last scrape is forgotten, so that a replica that is gone leaves no series behind. */
export function transportGauges(registry: Registry, transport: { snapshot(): TransportSnapshot }): void {
  const perReplica = (name: string, help: string, valueOf: (replica: ReplicaSnapshot) => number) => {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['subgraph', 'replica'],
      registers: [registry],
      collect() {
        gauge.reset();
        for (const { name: subgraph, replicas } of transport.snapshot().subgraphs) {
          for (const replica of replicas) gauge.set({ subgraph, replica: replica.url }, valueOf(replica));
        }
      },
    });
  };
  perReplica('gateway_subgraph_connections', 'Open connections.', ({ connections }) => connections);
  perReplica('gateway_subgraph_idle_connections', 'Open and unused ones.', ({ idle }) => idle);
  perReplica('gateway_subgraph_queued', 'Fetches that wait for a connection.', ({ queued }) => queued);
  perReplica('gateway_subgraph_outstanding', 'Fetches under way.', ({ outstanding }) => outstanding);
  perReplica(
    'gateway_subgraph_breaker',
    `The circuit breaker: ${breakerStates.map((state, index) => `${index} ${state}`).join(', ')}.`,
    ({ breaker }) => breakerStates.indexOf(breaker),
  );
}
