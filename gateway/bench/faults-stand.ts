// What is watched: the standalone gateway as users start it, a process of its own, in front of three subgraphs of which
// one does wrong as it is told. Also what the gateway holds on to: sockets, memory, processes of its planner.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FaultName, FromSubgraphs } from './faults-expected.ts';

/** Of processes that start, on a machine that does other things too. */
const startMs = 30_000;
/** A gateway that has not ended by then is killed, and that is a failure. */
const stopMs = 15_000;
/** Of the log, to say what went wrong. */
const mostErrorLines = 50;
const lookAgainMs = 20;

/** Bytes, after a collection. */
export interface MemoryLeft {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

export interface Stand extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly supergraphs: readonly [earlier: string, later: string];
  /** What the gateway logged as an error: there should be nothing. */
  readonly errorLines: readonly string[];
  subgraphDoes(what: FaultName | 'nothing wrong'): Promise<void>;
  /** Replaces the file that the gateway follows, at once as a deployment does. */
  writeSupergraph(text: string): Promise<void>;
  /** Resolves with the next line that the gateway logs and that holds this text. */
  logged(text: string): Promise<void>;
  memory(): Promise<MemoryLeft>;
}

/** `config`: settings of the standalone gateway beyond supergraph, port and urls. */
export async function openStand(config: Readonly<Record<string, unknown>> = {}): Promise<Stand> {
  await using opened = new AsyncDisposableStack();
  const healthy = opened.adopt(startSubgraphs('healthy'), endChild);
  const faulty = opened.adopt(startSubgraphs('faulty', '0'), endChild);
  const [ofHealthy, ofFaulty] = await Promise.all([toldBy(healthy, 'healthy'), toldBy(faulty, 'faulty')]);
  const folder = await mkdtemp(join(tmpdir(), 'gateway-bench-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const supergraph = join(folder, 'supergraph.graphql');
  await writeFile(supergraph, ofHealthy.supergraphs[0]);
  const configFile = join(folder, 'config.json');
  const subgraphs = { prices: { urls: [ofFaulty.url] } };
  await writeFile(configFile, JSON.stringify({ supergraph, port: 0, subgraphs, ...config }));
  const gateway = opened.adopt(startGateway(configFile), endChild);
  const log = readLog(gateway);
  const url = await log.listening;
  const open = opened.move();
  return {
    url,
    pid: gateway.pid ?? 0,
    supergraphs: ofHealthy.supergraphs,
    errorLines: log.errorLines,
    logged: log.logged,
    async subgraphDoes(what) {
      faulty.send(what);
      await toldBy(faulty, 'does');
    },
    async writeSupergraph(text) {
      await writeFile(`${supergraph}.next`, text);
      await rename(`${supergraph}.next`, supergraph);
    },
    async memory() {
      gateway.send('memory');
      const [left] = (await once(gateway, 'message')) as [MemoryLeft];
      return left;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function startSubgraphs(...words: string[]): ChildProcess {
  const path = fileURLToPath(new URL('./faults-subgraphs.fixture.ts', import.meta.url));
  return fork(path, words, { execArgv: [] });
}

async function toldBy<Kind extends FromSubgraphs['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<FromSubgraphs, { kind: Kind }>> {
  const signal = AbortSignal.timeout(startMs);
  const [message] = (await once(child, 'message', { signal })) as [FromSubgraphs];
  if (message.kind !== kind) throw new Error(`the subgraphs say ${message.kind}, not ${kind}`);
  return message as Extract<FromSubgraphs, { kind: Kind }>;
}

function startGateway(configFile: string): ChildProcess {
  const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
  const hook = new URL('./faults-memory-hook.ts', import.meta.url).href;
  return fork(cli, ['--config', configFile], {
    execArgv: ['--expose-gc', '--import', hook],
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

function readLog({ stdout }: ChildProcess) {
  if (stdout === null) throw new Error('the gateway has a log');
  const errorLines: string[] = [];
  const waiting = new Set<{ text: string; resolve: () => void }>();
  const listening = Promise.withResolvers<string>();
  const lines = createInterface({ input: stdout });
  lines.on('line', (line) => {
    const { level, message, url } = JSON.parse(line) as { level: string; message: string; url?: string };
    if (message === 'listening' && url !== undefined) listening.resolve(url);
    if (level === 'error' && errorLines.length < mostErrorLines) errorLines.push(line);
    for (const wait of waiting) if (line.includes(wait.text) && waiting.delete(wait)) wait.resolve();
  });
  lines.on('close', () => listening.reject(new Error('the gateway ended before it listened')));
  const logged = (text: string): Promise<void> =>
    new Promise((resolve) => void waiting.add({ text, resolve }));
  return { errorLines, listening: listening.promise, logged };
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(timer);
  if (child.signalCode === 'SIGKILL') throw new Error('a process did not end in time');
}

/** Sockets that the process holds, listening and connected ones. */
export function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`).startsWith('socket:');
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}

/** Processes that it started and that live: those of its native planner. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** Looks again until it is true; false when it is not by then. */
export async function becomesTrue(
  isTrue: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<boolean> {
  const givesUpAt = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > givesUpAt) return false;
    await pause(lookAgainMs);
  }
  return true;
}
