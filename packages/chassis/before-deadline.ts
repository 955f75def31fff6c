// Who asked waits until his own deadline and no longer, also for work that is done for others too and so has none of his.
import { remainingMs } from './context.ts';
import { before } from './database-session.ts';

/** Rejects with `DeadlineExceeded` when the current context's deadline passes first; the work itself goes on. */
export async function beforeDeadline<T>(what: string, work: Promise<T>): Promise<T> {
  const leftMs = remainingMs();
  return leftMs === undefined ? work : before(performance.now() + leftMs, what, work);
}
