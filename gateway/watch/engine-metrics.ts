// Metrics of what the engine does beside answering: planning, its caches, reloads, bugs.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { CountedCounter } from './counted-metrics.ts';
import type { EngineWatch } from './engine-watch.ts';

/** What is read of an engine at each scrape. */
export interface WatchedEngine {
  readonly generation: { readonly documents: { readonly count: number }; readonly running: number };
}

/** Seconds: the native planner takes a millisecond, Apollo's tens of them; the time limit is 2 seconds by default. */
const planningBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Seconds: loading takes 10 ms to 3 s, warming up to 10 s. */
const reloadBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

export function planningWatch(
  registry: Registry,
): Required<Pick<EngineWatch, 'parsed' | 'planned' | 'reused'>> {
  const registers = [registry];
  const parsed = new Counter({
    name: 'gateway_documents_parsed_total',
    help: 'Documents that were not known and are valid.',
    registers,
  });
  const reused = new CountedCounter({
    name: 'gateway_plan_cache_hits_total',
    help: 'Operations whose plan was there or under way. What gateway_plans_total counts are the misses.',
    registry,
  }).open();
  const plans = new Counter({
    name: 'gateway_plans_total',
    help: 'Plans made, also at warm-up, by planner and by the executor that runs them.',
    labelNames: ['planner', 'executor', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'gateway_planning_seconds',
    help: 'Time from an unknown operation to its compiled plan.',
    buckets: planningBuckets,
    registers,
  });
  return {
    parsed: () => parsed.inc(),
    planned({ planner, executor, outcome, durationMs }) {
      plans.inc({ planner, executor, outcome });
      seconds.observe(durationMs / 1_000);
    },
    reused() {
      reused.value += 1;
    },
  };
}

export function lifeWatch(registry: Registry): Required<Pick<EngineWatch, 'reloaded' | 'failed'>> {
  const registers = [registry];
  const reloads = new Counter({
    name: 'gateway_reloads_total',
    help: 'New supergraphs: live, or refused with the old one staying.',
    labelNames: ['outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'gateway_reload_seconds',
    help: 'Time from a new supergraph to its going live, warm-up included.',
    buckets: reloadBuckets,
    registers,
  });
  const failures = new Counter({
    name: 'gateway_failures_total',
    help: 'Bugs, and operations that nobody could plan.',
    registers,
  });
  let liveSince = Date.now();
  const age: Gauge = new Gauge({
    name: 'gateway_generation_age_seconds',
    help: 'How long the live supergraph has been live.',
    registers,
    collect: () => age.set((Date.now() - liveSince) / 1_000),
  });
  // Also before the first one, so that an alert on refused reloads has something to look at.
  const counts = { live: reloads.labels('live'), refused: reloads.labels('refused') };
  for (const count of Object.values(counts)) count.inc(0);
  return {
    reloaded({ outcome, durationMs }) {
      counts[outcome].inc();
      if (outcome === 'refused') return;
      seconds.observe(durationMs / 1_000);
      liveSince = Date.now();
    },
    failed: () => failures.inc(),
  };
}

export function engineGauges(registry: Registry, engine: WatchedEngine): void {
  const registers = [registry];
  const documents: Gauge = new Gauge({
    name: 'gateway_documents',
    help: 'Documents kept with their plans.',
    registers,
    collect: () => documents.set(engine.generation.documents.count),
  });
  const running: Gauge = new Gauge({
    name: 'gateway_operations_running',
    help: 'Operations under way on the live supergraph.',
    registers,
    collect: () => running.set(engine.generation.running),
  });
}
