// From slices to the figures of the tables and the chart: medians over rounds, and each figure of cost compared with
// ours of the same round, since the machine is not the same from one round to the next.
import { median } from './statistics.ts';
import type { Measured, ScenarioResult } from './results.ts';

export interface SummaryRow {
  readonly name: string;
  readonly title: string;
  readonly isOwn: boolean;
  /** CPU seconds a thousand requests, which are CPU milliseconds a request. */
  readonly cpu: number;
  readonly leastCpu: number;
  readonly mostCpu: number;
  /** CPU of this one divided by ours; undefined when ours did not run. */
  readonly ratio: number | undefined;
  /** The same by the floor: an echo server, or Node’s limit. */
  readonly floorRatio: number | undefined;
  readonly requestsASecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxRssMb: number;
  readonly subgraphRequests: number;
  /** Of the subgraphs’ process, CPU milliseconds a request. */
  readonly subgraphCpu: number;
  readonly requests: number;
  readonly wrong: number;
}

const costs = ({ slices }: Measured) =>
  slices.map(({ cpuMicroseconds, requests }) => cpuMicroseconds / requests / 1_000);

function ratioOf(one: Measured, other: Measured): number {
  const others = costs(other);
  return median(costs(one).map((cost, round) => cost / (others[round] ?? NaN)));
}

export function summarise({ measured }: ScenarioResult): SummaryRow[] {
  const own = measured.find(({ isOwn }) => isOwn);
  const floor = measured.find(({ kind }) => kind !== 'gateway');
  return measured.map((one) => {
    const { slices } = one;
    const cpu = costs(one);
    const total = (of: (slice: (typeof slices)[number]) => number) =>
      slices.reduce((sum, slice) => sum + of(slice), 0);
    const requests = total((slice) => slice.requests);
    return {
      name: one.name,
      title: one.title,
      isOwn: one.isOwn,
      cpu: median(cpu),
      leastCpu: Math.min(...cpu),
      mostCpu: Math.max(...cpu),
      ratio: own === undefined ? undefined : ratioOf(one, own),
      floorRatio: floor === undefined ? undefined : ratioOf(one, floor),
      requestsASecond: median(slices.map((slice) => slice.requests / slice.seconds)),
      p50Ms: median(slices.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(slices.map(({ p99Ms }) => p99Ms)),
      maxRssMb: one.maxRssBytes / 2 ** 20,
      subgraphRequests: total((slice) => slice.subgraphRequests) / requests,
      subgraphCpu: total((slice) => slice.subgraphCpuMicroseconds) / requests / 1_000,
      requests,
      wrong: total((slice) => slice.wrong),
    };
  });
}
