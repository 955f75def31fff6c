// Golden signals of operations, counted on the hot path: a series is found by maps and kept (counted-metrics.ts).
import type { Registry } from 'prom-client';
import { BoundedNames, otherName } from './bounded-names.ts';
import { CountedCounter, CountedHistogram, type Count, type Observations } from './counted-metrics.ts';
import type { OperationEvent } from './engine-watch.ts';

/** Operations that are told apart; a front end has tens. Whoever sends invented names makes `other` grow. */
const mostOperationNames = 200;
/** Clients that are told apart. */
const mostClientNames = 50;
/** Pairs of both: beyond it clients are not told apart, so that a scrape stays below a megabyte. */
const mostPairs = 1_000;
/** Of operations that have no name. */
const anonymousName = 'anonymous';

/** Seconds; an answer from this process alone takes half a millisecond, a deadline is 5 seconds by default. */
export const secondsBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Outcome = OperationEvent['outcome'];
type Kind = OperationEvent['kind'];

/** An operation of one kind, over all its clients. */
interface OperationSeries {
  readonly kind: Kind;
  readonly operation: string;
  readonly seconds: Observations;
  readonly byClient: Map<string, Record<Outcome, Count>>;
}

export class OperationMetrics {
  readonly #series: Record<Kind, Map<string, OperationSeries>> = {
    query: new Map(),
    mutation: new Map(),
    unknown: new Map(),
  };
  readonly #names = new BoundedNames(mostOperationNames);
  readonly #clients = new BoundedNames(mostClientNames);
  readonly #count: CountedCounter;
  readonly #seconds: CountedHistogram;
  readonly #shared: Count;
  #pairs = 0;

  constructor(registry: Registry) {
    this.#count = new CountedCounter({
      name: 'gateway_operations_total',
      help: 'Operations by how they ended: ok, partial (data with errors), failed (no data), refused (not run).',
      labelNames: ['operation', 'kind', 'client', 'outcome'],
      registry,
    });
    this.#seconds = new CountedHistogram({
      name: 'gateway_operation_seconds',
      help: 'Time from an operation in the engine to its answer.',
      labelNames: ['operation', 'kind'],
      bounds: secondsBounds,
      registry,
    });
    this.#shared = new CountedCounter({
      name: 'gateway_operations_shared_total',
      help: 'Operations that the execution of an equal one under way answered.',
      registry,
    }).open();
  }

  record({ kind, name, client, durationMs, outcome, isShared }: OperationEvent): void {
    // What was refused takes no place: its name may be anything.
    const takesPlace = outcome !== 'refused';
    const operation = this.#names.nameOf(name === '' ? anonymousName : name, takesPlace);
    const series = this.#series[kind].get(operation) ?? this.#openOperation(kind, operation);
    const clientName = client?.name ?? '';
    const counts = series.byClient.get(clientName) ?? this.#countsOf(series, clientName, takesPlace);
    counts[outcome].value += 1;
    series.seconds.add(durationMs / 1_000);
    if (isShared) this.#shared.value += 1;
  }

  #openOperation(kind: Kind, operation: string): OperationSeries {
    const seconds = this.#seconds.open({ operation, kind });
    const series = { kind, operation, seconds, byClient: new Map<string, Record<Outcome, Count>>() };
    this.#series[kind].set(operation, series);
    return series;
  }

  #countsOf({ kind, operation, byClient }: OperationSeries, given: string, takesPlace: boolean) {
    const client = this.#pairs < mostPairs ? this.#clients.nameOf(given, takesPlace) : otherName;
    const known = byClient.get(client);
    if (known !== undefined) return known;
    this.#pairs += 1;
    const count = (outcome: Outcome) => this.#count.open({ operation, kind, client, outcome });
    const counts = {
      ok: count('ok'),
      partial: count('partial'),
      failed: count('failed'),
      refused: count('refused'),
    };
    byClient.set(client, counts);
    return counts;
  }
}
