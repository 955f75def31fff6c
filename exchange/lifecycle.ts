// When the process ends: on a signal, when its parent is gone, or when its disk fails.
import type { Exchange } from './exchange.ts';

/** Milliseconds for a clean end; the parent's death must be followed by ours within a second. */
const STOP_TIMEOUT_MS = 800;

/** Standard error, so that standard output has the line that says `ready` and nothing else. */
export function log(entry: Readonly<Record<string, unknown>>): void {
  process.stderr.write(
    `${JSON.stringify({ time: new Date().toISOString(), service: 'exchange', ...entry })}\n`,
  );
}

/** Says on standard output where it listens, and ends the process when its time has come. */
export function announce(exchange: Exchange, { exitWithParent }: { exitWithParent: boolean }): void {
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    log({ event: 'stopping', why });
    // Nothing is lost by a hard end: what was promised is in the journal.
    setTimeout(() => process.exit(0), STOP_TIMEOUT_MS).unref();
    exchange.stop().then(() => process.exit(0), fail);
  };
  // The parent's end breaks these pipes as well, and that must not end us before the clean stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  if (exitWithParent) {
    process.stdin.on('end', () => stop('the parent is gone'));
    process.stdin.on('error', () => stop('the parent is gone'));
    process.stdin.resume();
  }
  const { port, controlPort } = exchange;
  process.stdout.write(`${JSON.stringify({ ready: true, port, controlPort })}\n`);
}

/** One line for a person, then the end. */
export function fail(error: unknown): never {
  log({ event: 'failed', error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
