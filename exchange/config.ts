// The exchange's settings, read from the environment in this one place; all mistakes are reported at once.
import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const count = (fallback: number, max: number, min = 0) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const settings = z
  .object({
    /** 0 takes any free one. */
    EXCHANGE_PORT: port(4100),
    /** Where it listens for FIX; 0.0.0.0 in a container. The control port never leaves the loopback interface. */
    EXCHANGE_LISTEN_HOST: z.string().min(1).default('127.0.0.1'),
    EXCHANGE_CONTROL_PORT: port(4101),
    EXCHANGE_DATA_DIR: z.string().min(1).default('.data/exchange'),
    EXCHANGE_SEED: count(1, 0x7fffffff),
    EXCHANGE_TICK_MS: count(100, 60_000, 1),
    /** 1: prices never move, so that what an order costs does not depend on when it comes. */
    EXCHANGE_STILL: z.enum(['0', '1']).default('0'),
    EXCHANGE_QUOTE_INTERVAL_MS: count(250, 60_000),
    EXCHANGE_LEVELS: count(4, 64),
    EXCHANGE_LEVEL_MIN_SHARES: count(20, 1_000_000, 1),
    EXCHANGE_LEVEL_MAX_SHARES: count(60, 1_000_000, 1),
    EXCHANGE_EXIT_WITH_PARENT: z.enum(['0', '1']).default('0'),
    EXCHANGE_DELAY_MS: count(0, 60_000),
    EXCHANGE_DROP_EVERY: count(0, 1_000_000),
    EXCHANGE_DUPLICATE_EVERY: count(0, 1_000_000),
  })
  .refine((read) => read.EXCHANGE_LEVEL_MIN_SHARES <= read.EXCHANGE_LEVEL_MAX_SHARES, {
    path: ['EXCHANGE_LEVEL_MIN_SHARES'],
    message: 'is above EXCHANGE_LEVEL_MAX_SHARES',
  });

export interface ExchangeConfig {
  readonly host: string;
  readonly port: number;
  readonly controlPort: number;
  readonly dataDir: string;
  readonly seed: number;
  readonly tickMs: number;
  readonly still: boolean;
  readonly quoteIntervalMs: number;
  readonly liquidity: { readonly levels: number; readonly minShares: number; readonly maxShares: number };
  readonly exitWithParent: boolean;
  readonly faults: { readonly delayMs: number; readonly dropEvery: number; readonly duplicateEvery: number };
}

/** Throws one error that names every wrong setting. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ExchangeConfig {
  const result = settings.safeParse(environment);
  if (!result.success) {
    const mistakes = result.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
    throw new Error(`The exchange's environment is wrong:\n${mistakes.join('\n')}`);
  }
  const read = result.data;
  return {
    host: read.EXCHANGE_LISTEN_HOST,
    port: read.EXCHANGE_PORT,
    controlPort: read.EXCHANGE_CONTROL_PORT,
    dataDir: read.EXCHANGE_DATA_DIR,
    seed: read.EXCHANGE_SEED,
    tickMs: read.EXCHANGE_TICK_MS,
    still: read.EXCHANGE_STILL === '1',
    quoteIntervalMs: read.EXCHANGE_QUOTE_INTERVAL_MS,
    liquidity: {
      levels: read.EXCHANGE_LEVELS,
      minShares: read.EXCHANGE_LEVEL_MIN_SHARES,
      maxShares: read.EXCHANGE_LEVEL_MAX_SHARES,
    },
    exitWithParent: read.EXCHANGE_EXIT_WITH_PARENT === '1',
    faults: {
      delayMs: read.EXCHANGE_DELAY_MS,
      dropEvery: read.EXCHANGE_DROP_EVERY,
      duplicateEvery: read.EXCHANGE_DUPLICATE_EVERY,
    },
  };
}
