// Prometheus metrics of one service. In one process many services share the runtime's own figures.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { before } from './database-session.ts';

/** A gauge that takes longer is left out of the answer: whoever scrapes must get the other figures in time. */
const GAUGE_READ_MS = 1_000;

const runtime = new Registry();
let runtimeCollected = false;

export interface GaugeSource {
  readonly label: string;
  /** Asked at each scrape, for the value of every label. When it fails or is late, the gauge has no values. */
  read(): Promise<ReadonlyMap<string, number>>;
}

export interface Metrics {
  /** For a service's own counters and gauges. */
  readonly registry: Registry;
  /** A counter of the service's own; calling what it answers adds one. */
  counter(name: string, help: string): () => void;
  /** The same with a label, whose value is given at each call. */
  labelledCounter(name: string, help: string, label: string): (value: string) => void;
  /** A gauge of the service's own with one value per label; see `GaugeSource`. */
  gauge(name: string, help: string, source: GaugeSource): void;
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
    labelledCounter(name, help, label) {
      const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
      return (value) => counter.inc({ [label]: value });
    },
    gauge(name, help, { label, read }) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [registry],
        async collect() {
          const reading = before(performance.now() + GAUGE_READ_MS, `reading ${name}`, read());
          const values = await reading.catch(() => []);
          gauge.reset();
          for (const [labelled, value] of values) gauge.set({ [label]: labelled }, value);
        },
      });
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
