// Counters and histograms whose series are plain numbers in objects that are looked up once and kept. prom-client's own
// put a text together from the labels at each count: five of them made a trivial request a tenth dearer
// (watching-bench.ts). Exposition, registry and everything that is not on the hot path stay prom-client's.
import {
  Counter,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from 'prom-client';

type Labels = Readonly<Record<string, string>>;

export interface MetricDescription {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly registry: Registry;
}

/** One series of a counter; whoever counts adds to it. */
export interface Count {
  value: number;
}

export class CountedCounter extends Counter {
  readonly #series: { readonly labels: Labels; readonly count: Count }[] = [];

  constructor(description: MetricDescription) {
    const { name, help, labelNames = [], registry } = description;
    super({ name, help, labelNames, registers: [registry] });
  }

  /** A new series; a second one with the same labels would be refused by whoever scrapes. */
  open(labels: Labels = {}): Count {
    const count = { value: 0 };
    this.#series.push({ labels, count });
    return count;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const values = this.#series.map(({ labels, count: { value } }) => ({ labels, value }));
    return { ...(await super.get()), values };
  }
}

/** One series of a histogram. */
export class Observations {
  /** By bucket, not cumulative; the last one is for what is above all bounds. */
  readonly counts: Float64Array;
  readonly #bounds: readonly number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
  }
}

export class CountedHistogram extends Histogram {
  readonly #name: string;
  readonly #registry: Registry;
  readonly #bounds: readonly number[];
  readonly #opened: { readonly labels: Labels; readonly observations: Observations }[] = [];

  constructor(description: MetricDescription & { readonly bounds: readonly number[] }) {
    const { name, help, labelNames = [], registry, bounds } = description;
    super({ name, help, labelNames, buckets: [...bounds], registers: [registry] });
    this.#name = name;
    this.#registry = registry;
    this.#bounds = bounds;
  }

  open(labels: Labels = {}): Observations {
    const observations = new Observations(this.#bounds);
    this.#opened.push({ labels, observations });
    return observations;
  }

  override async get(): ReturnType<Histogram['get']> {
    const values = this.#opened.flatMap(({ labels, observations }) => this.#valuesOf(labels, observations));
    const described = this.#registry.getMetricsAsArray().find(({ name }) => name === this.#name);
    if (described === undefined) throw new Error(`${this.#name} is not in its registry`);
    const { name, help, type, aggregator, collect } = described;
    return { name, help, type, aggregator, collect, values };
  }

  /** What the registry asks when it writes text; the inherited one would answer from prom-client's own series. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }

  #valuesOf(labels: Labels, { counts, sum }: Observations) {
    let total = 0;
    const buckets = Array.from(counts, (count, index) => {
      total += count;
      const le = this.#bounds[index] ?? '+Inf';
      return { metricName: `${this.#name}_bucket`, labels: { le, ...labels }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels, value: sum },
      { metricName: `${this.#name}_count`, labels, value: total },
    ];
  }
}
