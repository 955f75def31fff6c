// Waiting for what happens soon: by asking again, never by a sleep that hopes to be long enough.
import { setTimeout as pause } from 'node:timers/promises';

const pauseMs = 5;
/** Longer than anything takes on a busy machine but the start of many processes; a test that waits so long has failed. */
const usualPatienceMs = 10_000;

export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  patienceMs = usualPatienceMs,
): Promise<void> {
  const givesUpAt = performance.now() + patienceMs;
  while (!(await isTrue())) {
    if (performance.now() > givesUpAt) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await pause(pauseMs);
  }
}
