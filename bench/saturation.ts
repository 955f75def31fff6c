// The highest rate that the bank carries: each step a little higher than the last, until one builds up a backlog.
import type { LoadResult } from './load-messages.ts';
import { spreadOf } from './percentiles.ts';
import type { BenchResult, SaturationStep } from './results.ts';

/** A rate holds when nearly all of its orders are completed two seconds after the last came, and that quickly. */
const completedShare = 0.99;
const slowestP99Ms = 2_000;
const stepFactor = 1.25;
const mostSteps = 6;

/** `rate` is undefined when not even the first held; unbounded when no higher rate was seen not to hold. */
export type Saturation = NonNullable<BenchResult['saturation']>;

export interface SaturationOptions {
  readonly firstRate: number;
  readonly seconds: number;
  readonly run: (rate: number, seconds: number) => Promise<LoadResult>;
}

export async function findSaturation({ firstRate, seconds, run }: SaturationOptions): Promise<Saturation> {
  const steps: SaturationStep[] = [];
  let rate = firstRate;
  while (steps.length < mostSteps) {
    const step = judge(rate, seconds, await run(rate, seconds));
    steps.push(step);
    if (!step.holds) break;
    rate = Math.ceil(rate * stepFactor);
  }
  const highest = steps.findLast(({ holds }) => holds)?.rate;
  return {
    ...(highest === undefined ? {} : { rate: highest }),
    isBounded: steps.some(({ holds }) => !holds),
    steps,
  };
}

function judge(rate: number, seconds: number, result: LoadResult): SaturationStep {
  const { offered, completed, completedInTime } = result;
  const p99 = spreadOf(result.completeMs)?.p99;
  const holds = p99 !== undefined && p99 < slowestP99Ms && completedInTime / offered >= completedShare;
  return {
    rate,
    seconds,
    offered,
    completed,
    completedInTime,
    holds,
    ...(p99 === undefined ? {} : { completeP99Ms: p99 }),
  };
}
