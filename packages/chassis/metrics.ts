// Prometheus metrics of one service. In one process many services share the runtime's own figures.
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

const runtime = new Registry();
let runtimeCollected = false;

export interface Metrics {
  /** For a service's own counters and gauges. */
  readonly registry: Registry;
  /** A counter of the service's own; calling what it answers adds one. */
  counter(name: string, help: string): () => void;
  requestSeconds(route: string, status: number, seconds: number): void;
  /** Counts one SQL statement under its name. */
  statement(name: string): void;
  /** Total of SQL statements so far, for tests that count them. */
  statements(): Promise<number>;
  /** The text of /metrics. */
  text(): Promise<string>;
}

export function createMetrics(service: string): Metrics {
  if (!runtimeCollected) {
    collectDefaultMetrics({ register: runtime });
    runtimeCollected = true;
  }
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const requests = new Histogram({
    name: 'http_request_seconds',
    help: 'Time from request to answer.',
    labelNames: ['route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  const statements = new Counter({
    name: 'sql_statements_total',
    help: 'SQL statements sent, by name.',
    labelNames: ['statement'],
    registers: [registry],
  });
  return {
    registry,
    counter(name, help) {
      const counter = new Counter({ name, help, registers: [registry] });
      return () => counter.inc();
    },
    requestSeconds: (route, status, seconds) => requests.observe({ route, status }, seconds),
    statement: (name) => statements.inc({ statement: name }),
    async statements() {
      const { values } = await statements.get();
      return values.reduce((sum, { value }) => sum + value, 0);
    },
    text: async () => (await registry.metrics()) + (await runtime.metrics()),
  };
}
