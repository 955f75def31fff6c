// Starts the watcher beside the program and keeps one alive; see watcher.ts for what it does.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { openLog, type DataFolder } from './data-folder.ts';
import type { RestartBudget } from './restart-budget.ts';
import type { ServerUser } from './server-user.ts';
import { untilGone } from './server-process.ts';

/** A released watcher only has to exit. */
const EXIT_TIMEOUT_MS = 2_000;

interface WatcherPlan {
  readonly folder: DataFolder;
  readonly user: ServerUser | undefined;
  readonly pgCtl: string;
  readonly budget: RestartBudget;
  readonly log: (message: string) => void;
}

export interface Watcher {
  /** Tells the watcher that there is nothing to stop, and waits until it is gone. */
  release(): Promise<void>;
}

export async function startWatcher(plan: WatcherPlan): Promise<Watcher> {
  let released = false;
  let child = await run();

  async function run(): Promise<ChildProcess> {
    const started = spawnWatcher(plan);
    started.once('exit', () => void again());
    await once(started, 'spawn');
    return started;
  }

  async function again(): Promise<void> {
    if (released) return;
    if (!plan.budget.take()) {
      plan.log('the watcher died too often; if this program is killed, PostgreSQL stays behind');
      return;
    }
    try {
      child = await run();
    } catch (error) {
      plan.log(`the watcher could not be started again: ${String(error)}`);
    }
  }

  return {
    async release() {
      released = true;
      child.stdin?.end('released');
      if (child.pid !== undefined) await untilGone(child.pid, EXIT_TIMEOUT_MS);
    },
  };
}

function spawnWatcher({ folder, user, pgCtl }: WatcherPlan): ChildProcess {
  const log = openLog(folder, user);
  try {
    const script = fileURLToPath(new URL('watcher.ts', import.meta.url));
    const child = spawn(process.execPath, [script, folder.path, pgCtl], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', log],
    });
    // Neither the process nor the pipe keeps the program alive: its end is just what the watcher waits for.
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    // A watcher that dies breaks the pipe; its exit is what counts.
    child.stdin?.on('error', () => undefined);
    return child;
  } finally {
    closeSync(log);
  }
}
