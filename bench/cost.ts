// What an order costs: totals of a run divided by its completed orders, as measured and without what the idle bank
// uses in the same time.
import { generatorName } from './process-sampler.ts';
import type { Idle, RateResult } from './results.ts';

export interface Cost {
  readonly measured: number;
  readonly lessIdle: number;
}

export function perOrder(total: number, idlePerSecond: number, rate: RateResult): Cost | undefined {
  if (rate.completed === 0) return undefined;
  const idle = idlePerSecond * rate.measuredSeconds;
  return { measured: total / rate.completed, lessIdle: (total - idle) / rate.completed };
}

/** Milliseconds of CPU. */
export function cpuPerOrder(name: string, rate: RateResult, idle: Idle): Cost | undefined {
  return perOrder(rate.cpuMs[name] ?? 0, idle.cpuMsPerSecond[name] ?? 0, rate);
}

/** Everything but the load generator. */
export function bankCpuPerOrder(rate: RateResult, idle: Idle): Cost | undefined {
  return perOrder(sumWithoutLoad(rate.cpuMs), sumWithoutLoad(idle.cpuMsPerSecond), rate);
}

function sumWithoutLoad(byProcess: Readonly<Record<string, number>>): number {
  return Object.entries(byProcess).reduce((sum, [name, ms]) => (name === generatorName ? sum : sum + ms), 0);
}
