// Gathers what arrives while a batch is under way into the next batch, so that many commands share one
// transaction and a hot account is locked once for all of them. An idle queue starts at once: nothing waits for
// company, and under load the batches grow by themselves.
import { strict as assert } from 'node:assert';
import {
  backgroundContext,
  DatabaseUnavailable,
  runInContext,
  ServiceUnavailable,
} from '@simplebank/chassis';

/** Commands in one transaction: beyond this the gain per command is small and the wait of the first one grows. */
export const maximumBatch = 256;
/** Commands that wait; beyond it a caller is better off trying again than waiting. About a second's work. */
export const maximumWaiting = 10_000;
/** How often a batch is sent again when the connection broke; ids make that safe. Then the callers are told. */
const attempts = 4;
/** Pause before each new attempt, growing; together about a restart of Postgres. */
const retryPauseMs = 100;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommit<Item, Result> {
  /** Resolves when the transaction that holds the item is committed. */
  submit(item: Item): Promise<Result>;
}

/** `execute` runs one batch as one transaction: all results, in the items' order, or an error and no effect. */
export function createGroupCommit<Item, Result>(
  execute: (batch: readonly Item[]) => Promise<readonly Result[]>,
): GroupCommit<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let running = false;

  async function drain(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maximumBatch);
      waiting = waiting.slice(maximumBatch);
      await settle(batch);
    }
    running = false;
  }

  async function settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await executeWithRetry(batch.map(({ item }) => item));
      assert.equal(results.length, batch.length, 'a batch answers each of its items');
      results.forEach((result, index) => batch[index]?.resolve(result));
    } catch (error) {
      if (batch.length === 1 || error instanceof DatabaseUnavailable) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // One item breaks the statement for all: alone, only that one fails.
      for (const one of batch) await settle([one]);
    }
  }

  async function executeWithRetry(items: readonly Item[]): Promise<readonly Result[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await execute(items);
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || attempt === attempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, retryPauseMs * attempt));
      }
    }
  }

  return {
    submit(item) {
      if (waiting.length >= maximumWaiting)
        return Promise.reject(
          new ServiceUnavailable('the ledger', `${maximumWaiting} commands wait already`),
        );
      return new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        // A context of its own: the first caller's deadline must not cancel the others' work.
        if (!running) void runInContext(backgroundContext({}), drain);
      });
    },
  };
}
