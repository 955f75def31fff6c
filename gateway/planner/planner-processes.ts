// The processes that the native planners of one engine run in. A fork stops the gateway's thread while the kernel copies
// its page tables (3 to 4 ms at 250 MB), so the process of a planner that has ended waits a while for the next one: a
// deployment changes one subgraph after the other, and the supergraph with each.
import { fork, type ChildProcess } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ToNativeProcess } from './native-process.ts';

/** Where processors are short, requests under way come before documents that are new, and before the next supergraph. */
const niceness = 5;
/** A process takes some 50 MB, which are not worth holding from one deployment to the next. */
const spareMs = 60_000;

export class PlannerProcesses {
  #spare: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** One that has no supergraph yet. */
  take(): ChildProcess {
    return this.#takeSpare() ?? forkPlanner();
  }

  /** It is idle, and nobody listens to it any more. */
  leave(child: ChildProcess): void {
    if (this.#isClosed || this.#spare !== undefined || !child.connected) {
      endPlanner(child);
      return;
    }
    this.#spare = child;
    child.on('error', () => undefined); // `exit` follows
    child.on('exit', () => this.#takeSpare());
    child.send({ kind: 'unload' } satisfies ToNativeProcess, () => undefined);
    this.#timer = setTimeout(() => this.#endSpare(), spareMs).unref();
  }

  close(): void {
    this.#isClosed = true;
    this.#endSpare();
  }

  #endSpare(): void {
    const spare = this.#takeSpare();
    if (spare !== undefined) endPlanner(spare);
  }

  #takeSpare(): ChildProcess | undefined {
    const spare = this.#spare;
    clearTimeout(this.#timer);
    this.#spare = undefined;
    spare?.removeAllListeners('exit');
    return spare?.connected === true ? spare : undefined;
  }
}

export function forkPlanner(): ChildProcess {
  const child = fork(fileURLToPath(new URL(`./native-process${extname(import.meta.url)}`, import.meta.url)), {
    serialization: 'json',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // Native planners are freed by the garbage collector, which does not know how large they are.
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  // Whoever runs at a lower priority may not raise it.
  if (child.pid !== undefined && getPriority() < niceness) setPriority(child.pid, niceness);
  return child;
}

/** It ends by itself once it has nothing under way. */
export function endPlanner(child: ChildProcess): void {
  if (child.connected) child.disconnect();
}
