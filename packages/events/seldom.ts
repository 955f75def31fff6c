// Keeps trouble that lasts from filling the log.
import type { BusLog } from './bus.ts';

/** The same trouble is logged once in this time, not at every try. */
const SAME_WARNING_EVERY_MS = 5_000;

/** Passes on each message at most once in a while. */
export function seldom(log: BusLog): BusLog {
  const lastAt = new Map<string, number>();
  const due = (message: string): boolean => {
    const now = performance.now();
    if (now - (lastAt.get(message) ?? -Infinity) < SAME_WARNING_EVERY_MS) return false;
    lastAt.set(message, now);
    return true;
  };
  return {
    warn: (context, message) => void (due(message) && log.warn(context, message)),
    error: (context, message) => void (due(message) && log.error(context, message)),
  };
}
