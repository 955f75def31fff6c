// The simulated exchange as a process of its own beside the bank: started, watched, started again when it dies.
// It ends by itself when the bank is gone, since it sees the end of its standard input.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** Its recovery from a large journal takes the longest part of this. */
const startTimeoutMs = 15_000;
const stopTimeoutMs = 5_000;
const restartPauseMs = 100;
/** More restarts in a minute than this are no accident; the bank then runs on without a market. */
const mostRestartsAMinute = 20;

/** A line of the exchange's own log. */
const saidSchema = z.looseObject({ event: z.string(), error: z.string().optional() });
const readySchema = z.object({ ready: z.literal(true), port: z.number(), controlPort: z.number() });

/** Lines of the launcher about the processes beside the bank. */
export type LauncherLog = (level: 'info' | 'warn', message: string, fields?: object) => void;

export interface ExchangeProcess {
  readonly port: number;
  readonly controlPort: number;
  /** Of the process that runs now. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

export interface ExchangeOptions {
  /** 0 lets the system choose; a restart keeps what was chosen. */
  readonly port: number;
  readonly controlPort: number;
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: LauncherLog;
}

export async function startExchange(options: ExchangeOptions): Promise<ExchangeProcess> {
  let stopping = false;
  let restarts: number[] = [];
  let restarting: Promise<void> = Promise.resolve();
  let { child, ready } = await launch(options);
  const { port, controlPort } = ready;

  function watch(watched: ChildProcess): void {
    watched.once('exit', (code, signal) => {
      if (stopping) return;
      options.log('warn', `the exchange ended (${signal ?? code}); starting it again`);
      const now = Date.now();
      restarts = [...restarts.filter((at) => now - at < 60_000), now];
      if (restarts.length > mostRestartsAMinute)
        options.log('warn', 'the exchange keeps ending; it is left alone now');
      else restarting = restart();
    });
  }

  async function restart(): Promise<void> {
    for (let pauseMs = restartPauseMs; ; pauseMs = restartPauseMs * 10) {
      await sleep(pauseMs);
      if (stopping) return;
      try {
        ({ child, ready } = await launch({ ...options, port, controlPort }));
        return watch(child);
      } catch (error) {
        options.log(
          'warn',
          `the exchange did not start: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }

  watch(child);
  return {
    port,
    controlPort,
    pid: () => child.pid,
    async stop() {
      stopping = true;
      await restarting;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function launch(options: ExchangeOptions) {
  const program = new URL('../exchange/main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // A session of its own: Ctrl-C in the terminal must reach the bank only, which stops it after its services.
    detached: true,
    env: {
      ...options.environment,
      EXCHANGE_PORT: String(options.port),
      EXCHANGE_CONTROL_PORT: String(options.controlPort),
      EXCHANGE_DATA_DIR: options.dataDir,
      EXCHANGE_EXIT_WITH_PARENT: '1',
    },
  });
  let lastWords = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    const entry = saidSchema.safeParse(jsonOf(line));
    lastWords = entry.data?.error ?? line;
    if (entry.success) options.log(entry.data.error === undefined ? 'info' : 'warn', 'exchange', entry.data);
    else options.log('warn', `exchange: ${line}`);
  });
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise<z.infer<typeof readySchema>>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the exchange was not ready within ${startTimeoutMs} ms`));
    }, startTimeoutMs);
    lines.on('line', (line) => {
      const parsed = readySchema.safeParse(jsonOf(line));
      if (!parsed.success) return;
      clearTimeout(timer);
      resolve(parsed.data);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the exchange ended with ${code}: ${lastWords}`));
    });
  });
  return { child, ready };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
