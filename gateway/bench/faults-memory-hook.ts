// Loaded into a gateway that is watched (`--expose-gc --import`): tells by message what is left after a collection.
// It changes nothing else, and keeps no process alive.
import type { MemoryLeft } from './faults-stand.ts';

// The planner's process inherits the flags, and has messages of its own.
if (process.argv[1]?.endsWith('/cli.ts') === true) {
  process.on('message', () => {
    // The second one collects what the first one's finalisers let go.
    globalThis.gc?.();
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    const left: MemoryLeft = { rss, heapUsed, external };
    process.send?.(left);
  });
  process.on('disconnect', () => process.exit());
  process.channel?.unref();
}
