// One replica of a service as a child process: started, watched, started again on its port when it dies, removed in
// good order or at once.
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from '../topology.ts';
import type { LauncherLog } from './exchange-process.ts';
import type { ReadyMessage } from './service-process.ts';
import { portSettingOf } from './start-fault.ts';

/** The first start of all makes databases' tables and compiles all code. */
const startTimeoutMs = 30_000;
/** Above the replica's own time to stop. */
const stopTimeoutMs = 20_000;
const firstRestartPauseMs = 100;
/** A replica that keeps dying is tried again this often, for ever, as any supervisor does. */
const longestRestartPauseMs = 5_000;
/** After living so long it has not died of its start. */
const healthyAfterMs = 10_000;
/** Characters of what a replica said before it died. */
const longestLastWords = 2_000;

const program = fileURLToPath(new URL('./service-process.ts', import.meta.url));

export interface Replica {
  readonly service: ServiceName;
  readonly url: string;
  /** Of the process that runs now; undefined between a death and the restart. */
  pid(): number | undefined;
  /** Resolves when the next process is ready that takes the place of a dead one. */
  restarted(): Promise<void>;
  /** Leaves, drains and ends; it is not started again. */
  remove(): Promise<void>;
  /** kill -9, and it is not started again: what a lost machine looks like. */
  lose(): Promise<void>;
}

export interface ReplicaOptions {
  readonly service: ServiceName;
  /** 0 lets the system choose; a restart keeps what was chosen. */
  readonly port: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where its lines go. */
  readonly logFd: number;
  readonly log: LauncherLog;
}

export async function startReplica(options: ReplicaOptions): Promise<Replica> {
  const { service, log } = options;
  let removed = false;
  let { child, lastWords } = launch(options, options.port);
  const url = await readyUrl({ child, lastWords }, service);
  const port = Number(new URL(url).port);
  const restarts = new EventEmitter<{ ready: [] }>();
  let earlyDeaths = 0;
  watch();

  function watch(): void {
    const startedAt = performance.now();
    // Not at its exit: only when its pipes are closed has it said everything.
    child.once('close', (code, signal) => {
      if (removed) return;
      earlyDeaths = performance.now() - startedAt > healthyAfterMs ? 0 : earlyDeaths + 1;
      const said = lastWords();
      log('warn', `a replica of ${service} ended (${signal ?? code}); starting it again`, {
        port,
        pauseMs: pauseMsAfter(earlyDeaths),
        ...(said === '' ? {} : { said }),
      });
      void restart();
    });
  }

  async function restart(): Promise<void> {
    for (; ; earlyDeaths += 1) {
      await sleep(pauseMsAfter(earlyDeaths));
      if (removed) return;
      ({ child, lastWords } = launch(options, port));
      try {
        await readyUrl({ child, lastWords }, service);
        watch();
        restarts.emit('ready');
        return;
      } catch (error) {
        log('warn', error instanceof Error ? error.message : String(error));
      }
    }
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    removed = true;
    if (isOver(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(timer);
  }

  return {
    service,
    url,
    pid: () => (isOver(child) ? undefined : child.pid),
    restarted: () => once(restarts, 'ready').then(() => undefined),
    remove: () => end('SIGTERM'),
    lose: () => end('SIGKILL'),
  };
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Each death soon after a start doubles the pause before the next one. */
function pauseMsAfter(earlyDeaths: number): number {
  if (earlyDeaths === 0) return 0;
  return Math.min(firstRestartPauseMs * 2 ** (earlyDeaths - 1), longestRestartPauseMs);
}

interface Launched {
  readonly child: ChildProcess;
  /** What it wrote last to its standard error, such as the fault that ends it. */
  readonly lastWords: () => string;
}

function launch({ service, environment, logFd }: ReplicaOptions, port: number): Launched {
  const child = spawn(process.execPath, [program, service], {
    stdio: ['ignore', logFd, 'pipe', 'ipc'],
    // A session of its own: Ctrl-C in the terminal reaches the launcher only, which stops all in good order.
    detached: true,
    env: { ...environment, [portSettingOf(service)]: String(port) },
  });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-longestLastWords);
  });
  return { child, lastWords: () => words.trim() };
}

/** The base URL of the process when it is ready; a process that does not get so far is ended. */
async function readyUrl({ child, lastWords }: Launched, service: string): Promise<string> {
  const signal = AbortSignal.timeout(startTimeoutMs);
  const ready = once(child, 'message', { signal }).then(([message]) => (message as ReadyMessage).url);
  const ended = once(child, 'close').then(([code, killed]) => {
    throw new Error(`${service} ended with ${String(killed ?? code)} while it started: ${lastWords()}`);
  });
  try {
    return await Promise.race([ready, ended]);
  } catch (error) {
    child.kill('SIGKILL');
    if (!signal.aborted) throw error;
    throw new Error(`${service} was not ready within ${startTimeoutMs} ms: ${lastWords()}`, {
      cause: error,
    });
  } finally {
    ready.catch(() => undefined);
    ended.catch(() => undefined);
  }
}
