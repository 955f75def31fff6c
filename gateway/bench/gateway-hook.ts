// Loaded before a gateway, ours or another's, by `--import`: tells the bench the port that it listens on and, when asked,
// what it has used. So all are measured the same way, also programs that know nothing of the bench.
import { subscribe } from 'node:diagnostics_channel';
import { Server } from 'node:net';
import { isMainThread } from 'node:worker_threads';

export type FromHook =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'usage'; readonly cpuMicroseconds: number; readonly maxRssBytes: number };

/** Of the variable in the environment that says: this is the process to measure, and not one that it started. */
export const measuredFlag = 'GATEWAY_BENCH_MEASURED';
export const usageQuestion = 'gateway-bench: usage';

if (isMainThread && process.env[measuredFlag] === '1') {
  delete process.env[measuredFlag];
  subscribe('tracing:net.server.listen:asyncEnd', (message) => {
    const { server } = message as { server?: unknown };
    const address = server instanceof Server ? server.address() : null;
    if (typeof address === 'object' && address !== null) tell({ kind: 'listening', port: address.port });
  });
  process.on('message', (message) => {
    if (message !== usageQuestion) return;
    const { user, system } = process.cpuUsage();
    tell({
      kind: 'usage',
      cpuMicroseconds: user + system,
      maxRssBytes: process.resourceUsage().maxRSS * 1024,
    });
  });
  process.on('disconnect', () => process.exit());
  // A gateway that has stopped shall end, though the bench could still ask it something.
  process.channel?.unref();
}

function tell(message: FromHook): void {
  process.send?.(message);
}
