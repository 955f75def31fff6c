// The guard before a BFF's mutations with what it keeps, and what keeps that small.
import type { Database, ServiceHost } from '@simplebank/chassis';
import { startLoop } from '@simplebank/events';
import type { MutationGuard } from '../gateway-client.ts';
import { createIdempotencyStore } from './idempotency-store.ts';
import { createMutationGuard } from './idempotent-mutations.ts';

/** A client that has not heard of its mutation asks again within seconds, a phone perhaps when it is next taken up. */
const retentionMs = 24 * 60 * 60 * 1_000;
const trimEveryMs = 60_000;
/** One deletion; a full one is followed by the next at once. */
const mostTrimmed = 1_000;

export interface IdempotencyOptions {
  /** Where answers are kept for those who come again, with `idempotencyMigrations`. */
  readonly database?: Database;
  /** Refuses a mutation without a key. */
  readonly isRequired: boolean;
}

export function openMutationGuard(
  host: Pick<ServiceHost, 'log' | 'onStop'>,
  { database, isRequired }: IdempotencyOptions,
): MutationGuard {
  const { log } = host;
  if (database === undefined) return createMutationGuard({ store: undefined, isRequired, log });
  const store = createIdempotencyStore(database);
  const trimming = startLoop({
    run: async () => ((await store.trim(retentionMs, mostTrimmed)) === mostTrimmed ? 0 : trimEveryMs),
    onError: (err) => log.warn({ err }, 'old idempotency keys could not be removed'),
  });
  host.onStop(() => trimming.stop());
  return createMutationGuard({ store, isRequired, log });
}
