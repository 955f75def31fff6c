// What a bench writes down: raw figures as JSON, one file a wiring, replaced by the next bench of that wiring.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const spread = z.object({
  count: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  max: z.number(),
});
const byName = z.record(z.string(), z.number());

const rateResult = z.object({
  /** Orders a second. */
  rate: z.number(),
  seconds: z.number(),
  offered: z.number(),
  accepted: z.number(),
  completed: z.number(),
  completedInTime: z.number(),
  failures: byName,
  mostInFlight: z.number(),
  /** Milliseconds, from when the order was to be sent. */
  accept: spread.optional(),
  /** Milliseconds, from when it was sent; differs from `accept` when the generator was late. */
  acceptFromSent: spread.optional(),
  /** Milliseconds, from the answer to OrderCompleted. */
  complete: spread.optional(),
  eventToSubscriber: spread.optional(),
  late: spread.optional(),
  /** From the first order's arrival until all was at rest: the time over which CPU was measured. */
  measuredSeconds: z.number(),
  /** Milliseconds of CPU by process over that time, as measured. */
  cpuMs: byName,
  /** CPU of programs that belong neither to the bank nor to the load. */
  othersCpuMs: z.number(),
  peakMb: byName,
  statements: byName,
  idleStatementsPerSecond: z.number(),
  transactions: z.number(),
  busEvents: z.number(),
  storedBytes: z.number(),
  walBytes: z.number(),
});

const step = rateResult.pick({ rate: true, seconds: true, offered: true, completed: true }).extend({
  completedInTime: z.number(),
  completeP99Ms: z.number().optional(),
  holds: z.boolean(),
});

const benchResult = z.object({
  wiring: z.enum(['embedded', 'services']),
  description: z.string(),
  command: z.string(),
  commit: z.string(),
  date: z.string(),
  machine: z.object({
    cpu: z.string(),
    cores: z.number(),
    memoryGb: z.number(),
    kernel: z.string(),
    node: z.string(),
  }),
  idle: z.object({
    seconds: z.number(),
    /** Milliseconds of CPU a second, by process. */
    cpuMsPerSecond: byName,
    statementsPerSecond: z.number(),
    transactionsPerSecond: z.number(),
    othersCpuMsPerSecond: z.number(),
  }),
  rates: z.array(rateResult),
  saturation: z
    .object({ rate: z.number().optional(), isBounded: z.boolean(), steps: z.array(step) })
    .optional(),
  invariants: z.string(),
});

export type RateResult = z.output<typeof rateResult>;
export type SaturationStep = z.output<typeof step>;
export type BenchResult = z.output<typeof benchResult>;
export type Idle = BenchResult['idle'];

export const resultsFolder = new URL('./results/', import.meta.url);

const fileOf = (wiring: string) => new URL(`${wiring}.json`, resultsFolder);

export async function writeResult(result: BenchResult): Promise<string> {
  const file = fileOf(result.wiring);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return fileURLToPath(file);
}

/** Undefined when the wiring was never benched. */
export async function readResult(wiring: string): Promise<BenchResult | undefined> {
  const text = await readFile(fileOf(wiring), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : benchResult.parse(JSON.parse(text));
}
