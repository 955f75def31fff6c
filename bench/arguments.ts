// What the bench can be told on its command line.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { services, type ServiceName } from '../topology.ts';
import { wirings, type Wiring } from './bank-under-load.ts';

export interface BenchArguments {
  readonly wirings: readonly Wiring[];
  /** Orders a second, ascending. */
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly replicas: Readonly<Partial<Record<ServiceName, number>>>;
  readonly findsSaturation: boolean;
  readonly seed: number;
}

export const usage = `npm run bench -- [--wiring embedded|services|both] [--rates 10,25,50,75] [--seconds 10]
  [--replicas orders=2,accounts=2] [--no-saturation] [--seed 1]`;

/** Both wirings with these, idle and saturation included, take less than four minutes. */
const defaults = { wiring: 'both', rates: '10,25,50,75', seconds: '10', replicas: '', seed: '1' };

const names = Object.keys(services) as [ServiceName, ...ServiceName[]];
const rate = z.coerce.number<string>().positive().max(1_000);
const schema = z.object({
  wiring: z.enum([...wirings, 'both']),
  rates: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(rate).min(1).max(12)),
  seconds: z.coerce.number().int().min(1).max(120),
  replicas: z
    .string()
    .transform((text) =>
      Object.fromEntries(
        text
          .split(',')
          .filter(Boolean)
          .map((part) => part.split('=')),
      ),
    )
    .pipe(z.partialRecord(z.enum(names), z.coerce.number().int().min(1).max(8))),
  seed: z.coerce.number().int().nonnegative(),
});

export function readArguments(words: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      wiring: { type: 'string', default: defaults.wiring },
      rates: { type: 'string', default: defaults.rates },
      seconds: { type: 'string', default: defaults.seconds },
      replicas: { type: 'string', default: defaults.replicas },
      seed: { type: 'string', default: defaults.seed },
      saturation: { type: 'boolean', default: true },
    },
    allowNegative: true,
  });
  const read = schema.parse(values);
  return {
    wirings: read.wiring === 'both' ? wirings : [read.wiring],
    rates: read.rates.toSorted((a, b) => a - b),
    seconds: read.seconds,
    replicas: read.replicas,
    findsSaturation: values.saturation,
    seed: read.seed,
  };
}
