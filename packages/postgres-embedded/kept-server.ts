// A running server that is started again when it dies: on the same port, with PostgreSQL's own recovery, so
// that clients see a short outage and no lost commit.

import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import type { DataFolder } from './data-folder.ts';
import { PostgresError } from './postgres-error.ts';
import { isAlive } from './process-table.ts';
import type { RestartBudget } from './restart-budget.ts';
import { removeMistakenPidFile, spawnServer, stopServer, untilReady } from './server-process.ts';
import type { ServerUser } from './server-user.ts';

/** An adopted server is not our child, so its end is seen by looking; a tenth of the recovery it then needs. */
const LOOK_MS = 100;
/** The dead server's sessions need a moment to end; until then its shared memory counts as in use. */
const RETRY_MS = 250;
/** One death may need many tries on a busy machine; a server that does not come back by then is broken. */
const RESTART_WITHIN_MS = 60_000;

export interface ServerPlan {
  readonly folder: DataFolder;
  readonly binaries: Binaries;
  readonly user: ServerUser | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly budget: RestartBudget;
  readonly log: (message: string) => void;
  readonly onGivenUp: (error: Error) => void;
}

export class KeptServer {
  readonly #plan: ServerPlan;
  readonly port: number;
  #pid: number;
  #looking: NodeJS.Timeout | undefined;
  #stopping = false;
  #restarting: Promise<void> = Promise.resolve();

  /** Takes over a live server that is not our child. */
  static adopt(plan: ServerPlan, pid: number, port: number): KeptServer {
    const server = new KeptServer(plan, pid, port);
    server.#looking = setInterval(() => {
      if (!isAlive(pid)) server.#ended();
    }, LOOK_MS);
    server.#looking.unref();
    return server;
  }

  static async start(plan: ServerPlan, port: number): Promise<KeptServer> {
    const child = await launch(plan, port);
    const server = new KeptServer(plan, child.pid, port);
    server.#keep(child.process);
    return server;
  }

  private constructor(plan: ServerPlan, pid: number, port: number) {
    this.#plan = plan;
    this.#pid = pid;
    this.port = port;
  }

  get pid(): number {
    return this.#pid;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#looking);
    await this.#restarting;
    await stopServer(this.#pid, this.#plan.binaries.pgCtl);
  }

  #keep(child: ChildProcess): void {
    if (child.exitCode !== null || child.signalCode !== null) this.#ended();
    else child.once('exit', () => this.#ended());
  }

  #ended(): void {
    clearInterval(this.#looking);
    if (this.#stopping) return;
    this.#plan.log(`PostgreSQL (process ${this.#pid}) died; starting it again on port ${this.port}`);
    this.#restarting = this.#restart();
  }

  async #restart(): Promise<void> {
    const givesUpAt = Date.now() + RESTART_WITHIN_MS;
    // Deaths are counted, not tries: the ends of a dead server's sessions take as long as they take.
    let lastError: unknown;
    for (let mayTry = this.#plan.budget.take(); mayTry; mayTry = Date.now() < givesUpAt) {
      if (this.#stopping) return;
      try {
        const child = await launch(this.#plan, this.port);
        this.#pid = child.pid;
        this.#plan.log(`PostgreSQL is back as process ${child.pid}`);
        this.#keep(child.process);
        return;
      } catch (error) {
        lastError = error;
        await sleep(RETRY_MS);
      }
    }
    if (this.#stopping) return;
    this.#plan.onGivenUp(
      new PostgresError('POSTGRES_START_FAILED', 'PostgreSQL died too often', { cause: lastError }),
    );
  }
}

async function launch(plan: ServerPlan, port: number): Promise<{ process: ChildProcess; pid: number }> {
  // Only the holder of the folder's lock comes here, and only when the server is known to be dead.
  removeMistakenPidFile(plan.folder);
  const child = spawnServer(plan.folder, plan.binaries, plan.user, port, plan.settings);
  try {
    await untilReady(plan.folder, child);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  if (child.pid === undefined) throw new PostgresError('POSTGRES_START_FAILED', 'PostgreSQL has no process');
  return { process: child, pid: child.pid };
}
