// Starts (or adopts) the server of a data folder and keeps it running until `stop`. The order matters: lock
// the folder, start the watcher, and only then the server, so that there is never a server without a watcher.

import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries, type Binaries } from './binaries.ts';
import { ADMIN_ROLE, initialise, openDataFolder, readPassword, type DataFolder } from './data-folder.ts';
import { cleanUp, lockDataFolder, readOwner, writeOwner, type Owner } from './data-folder-lock.ts';
import { freePort } from './free-port.ts';
import { KeptServer, type ServerPlan } from './kept-server.ts';
import { RestartBudget } from './restart-budget.ts';
import { findServer, stopServer } from './server-process.ts';
import { PostgresError } from './postgres-error.ts';
import { serverUser, type ServerUser } from './server-user.ts';
import { startWatcher, type Watcher } from './start-watcher.ts';

/** More restarts than this in a minute mean that the server cannot live; trying on would hide why. */
const MAX_RESTARTS_PER_MINUTE = 10;
const MINUTE_MS = 60_000;
/** How often another free port is tried when someone else was quicker. */
const MAX_PORT_ATTEMPTS = 3;
/** An orphan that is starting or recovering is waited for this long before it is stopped. */
const ADOPTION_WAIT_MS = 10_000;
const POLL_MS = 20;

export interface PostgresOptions {
  readonly dataDir: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly log?: (message: string) => void;
  /** The server died and will not be started again; the argument says why. */
  readonly onGivenUp?: (error: Error) => void;
  /** Server settings beyond the launcher's own, for tests that can do without durability. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Deletes the data folder when the server ends, also when this process dies. For tests. */
  readonly temporary?: boolean;
}

export interface RunningPostgres {
  /** postgres://postgres:<password>@127.0.0.1:<port>/postgres, a superuser. */
  readonly adminUrl: string;
  readonly port: number;
  /** Whether the server was left running by a program that died, and taken over. */
  readonly adopted: boolean;
  /** The server's process; another one after a restart. */
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const folder = openDataFolder(options.dataDir);
  const lock = await lockDataFolder(folder);
  let owner: Owner = {
    pid: process.pid,
    role: 'program',
    copies: readOwner(folder)?.copies ?? [],
    temporary: options.temporary ?? false,
  };
  let watcher: Watcher | undefined;
  let binaries: Binaries | undefined;
  const letGo = async (): Promise<void> => {
    await watcher?.release();
    cleanUp(folder, owner, lock);
  };
  try {
    writeOwner(folder, owner);
    const user = serverUser(folder.cluster);
    binaries = findBinaries(user);
    if (binaries.copy !== undefined) {
      owner = { ...owner, copies: [...owner.copies, binaries.copy] };
      writeOwner(folder, owner);
    }
    const plan = planOf(options, folder, binaries, user);
    watcher = await startWatcher({ ...plan, pgCtl: binaries.pgCtl });
    initialise(folder, binaries, user);
    const password = readPassword(folder);
    const adopted = await adopt(plan, options.port);
    const server = adopted ?? (await start(plan, options.port));
    return running(server, adopted !== undefined, password, letGo);
  } catch (error) {
    const orphan = findServer(folder);
    if (orphan !== undefined) await stopServer(orphan.pid, binaries?.pgCtl ?? '');
    await letGo();
    throw error;
  }
}

function planOf(
  options: PostgresOptions,
  folder: DataFolder,
  binaries: Binaries,
  user: ServerUser | undefined,
): ServerPlan {
  return {
    folder,
    binaries,
    user,
    budget: new RestartBudget(MAX_RESTARTS_PER_MINUTE, MINUTE_MS),
    settings: options.settings ?? {},
    log: options.log ?? (() => undefined),
    onGivenUp: options.onGivenUp ?? (() => undefined),
  };
}

/** Takes over a live server of this folder when it is the one that is wanted; stops it otherwise. */
async function adopt(plan: ServerPlan, port: number): Promise<KeptServer | undefined> {
  const orphan = findServer(plan.folder);
  if (orphan === undefined) return undefined;
  for (const end = Date.now() + ADOPTION_WAIT_MS; Date.now() < end; await sleep(POLL_MS)) {
    const status = findServer(plan.folder)?.status;
    if (status === undefined) return undefined; // It has ended meanwhile.
    if (status === 'ready' && (port === 0 || port === orphan.port)) {
      plan.log(`adopted the running PostgreSQL (process ${orphan.pid}) on port ${orphan.port}`);
      return KeptServer.adopt(plan, orphan.pid, orphan.port);
    }
    if (status === 'ready') break;
  }
  await stopServer(orphan.pid, plan.binaries.pgCtl);
  return undefined;
}

async function start(plan: ServerPlan, wanted: number): Promise<KeptServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(wanted);
    try {
      return await KeptServer.start(plan, port);
    } catch (error) {
      const taken = error instanceof PostgresError && error.message.includes('could not bind');
      if (wanted !== 0 || !taken || attempt === MAX_PORT_ATTEMPTS) throw error;
    }
  }
}

function running(
  server: KeptServer,
  adopted: boolean,
  password: string,
  letGo: () => Promise<void>,
): RunningPostgres {
  let stopping: Promise<void> | undefined;
  return {
    adminUrl: `postgres://${ADMIN_ROLE}:${password}@127.0.0.1:${server.port}/postgres`,
    port: server.port,
    adopted,
    get pid() {
      return server.pid;
    },
    stop() {
      stopping ??= server.stop().then(letGo);
      return stopping;
    },
  };
}
