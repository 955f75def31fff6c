// A real Redis of a test's own: on a free port, in a temporary folder, keeping nothing on disk unless told so. Redis
// may lose everything at any time, so a test can kill it, start it again on the same port, and empty it.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from './find-program.ts';
import { until } from './until.ts';

/** A command of the fixture waits this long for its answer; a Redis that is up answers in a millisecond. */
const COMMAND_TIMEOUT_MS = 2_000;
/** Another process may take the free port first; then another one is tried. */
const START_ATTEMPTS = 3;

/** Why tests that need Redis are left out, or `false` when it is there: `{ skip: redisMissing }`. */
export const redisMissing: string | false =
  findProgram('redis-server') !== undefined
    ? false
    : 'no redis-server on this machine (Debian: apt-get install redis-server)';

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Of the present server process; another one after `restart`. */
  readonly pid: number;
  /** Ends the server like a power cut; what it kept in memory is gone. */
  kill(): Promise<void>;
  /** Starts it on the same port and in the same folder, after a `kill` if it still runs: empty unless it persists. */
  restart(): Promise<void>;
  /** Deletes everything while it runs. */
  flush(): Promise<void>;
  /** Ends it for good, and deletes its folder. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** More of redis.conf, by directive. */
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startRedis({ settings = {} }: RedisServerOptions = {}): Promise<RedisServer> {
  if (redisMissing !== false) throw new Error(redisMissing);
  const folder = await mkdtemp(join(tmpdir(), 'simplebank-redis-'));
  let port = 0;
  const launch = async (): Promise<RunningProcess> => launchServer({ port, folder, settings });
  let running: RunningProcess | undefined;
  for (let attempt = 1; running === undefined; attempt += 1) {
    port = await freePort();
    running = await launch().catch((error: unknown) => {
      if (attempt === START_ATTEMPTS) throw error;
      return undefined;
    });
  }
  let current = running;
  const stop = async (): Promise<void> => {
    await current.kill();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return current.pid;
    },
    kill: () => current.kill(),
    async restart() {
      await current.kill();
      current = await launch();
    },
    async flush() {
      await redisCommand(port, 'FLUSHALL');
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Sends one command, its words without blanks, and answers Redis's reply as it stands on the wire. */
export async function redisCommand(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(COMMAND_TIMEOUT_MS, () => socket.destroy(new Error(`no answer to ${command}`)));
  // With QUIT the server closes the connection after its answer: no reply has to be measured.
  socket.end(`${command}\r\nQUIT\r\n`);
  const chunks: string[] = [];
  for await (const chunk of socket.setEncoding('utf8')) chunks.push(String(chunk));
  const reply = chunks.join('').replace(/\+OK\r\n$/, '');
  if (reply.startsWith('-')) throw new Error(`Redis answered ${command} with ${reply.trim()}`);
  return reply;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface RunningProcess {
  readonly pid: number;
  kill(): Promise<void>;
}

interface Launch {
  readonly port: number;
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
}

async function launchServer({ port, folder, settings }: Launch): Promise<RunningProcess> {
  const directives = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', ...settings };
  const parameters = Object.entries(directives).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => void output.push(text));
  }
  const exited = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error('redis-server could not be started');
  const watcher = endWithThisProcess(pid);
  const kill = async (): Promise<void> => {
    watcher.kill('SIGKILL');
    child.kill('SIGKILL');
    await exited;
  };
  try {
    await until('redis-server to answer', async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${output.join('').slice(-1_000)}`);
      const reply = await redisCommand(port, 'PING').catch(() => '');
      return reply.startsWith('+PONG');
    });
  } catch (error) {
    await kill();
    throw error;
  }
  return { pid, kill };
}

/** Kills the server when this process ends without having done so, however it ends: then the pipe closes. */
function endWithThisProcess(pid: number): ChildProcess {
  const watcher = spawn('sh', ['-c', 'cat > /dev/null; kill -9 "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.unref();
  return watcher;
}
