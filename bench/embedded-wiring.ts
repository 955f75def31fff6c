// `npm start` under load: the program itself as a child process, on a temporary data folder and free ports.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findRunningBank } from '@simplebank/chassis';
import { outside, services } from '../topology.ts';
import type { BankUnderLoad } from './bank-under-load.ts';
import { childrenOf } from './process-table.ts';

const program = fileURLToPath(new URL('../start.ts', import.meta.url));
const readyWithinMs = 60_000;
const stopWithinMs = 20_000;

export interface EmbeddedOptions {
  /** Arguments of Node, before the program. */
  readonly nodeArguments?: readonly string[];
  readonly onErrorLine?: (line: string) => void;
  /** An existing folder to run on; by default one is made, and removed with the bank. */
  readonly dataDir?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface EmbeddedBank extends BankUnderLoad {
  readonly pid: number;
}

export async function startEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedBank> {
  const { nodeArguments = [], onErrorLine, environment } = options;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'simplebank-bench-')));
  const child = spawn(process.execPath, [...nodeArguments, program], {
    env: { ...process.env, ...anyPorts(), ...environment, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A session of its own: Ctrl-C is the bench's, which stops the bank itself.
    detached: true,
  });
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords.push(line);
    onErrorLine?.(line);
  });
  const stop = async () => {
    await ended(child);
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await readyLine(child, lastWords);
    return await describe(child, dataDir, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function describe(
  child: ChildProcess,
  dataDir: string,
  stop: () => Promise<void>,
): Promise<EmbeddedBank> {
  const wiring = await findRunningBank(dataDir);
  const pid = child.pid;
  if (wiring === undefined || pid === undefined)
    throw new Error('a bank that is ready has written its wiring');
  const children = await Promise.all(
    childrenOf(pid).map(async (each) => {
      const commandLine = await readFile(`/proc/${each.pid}/cmdline`, 'utf8');
      return { pid: each.pid, name: each.name, commandLine };
    }),
  );
  const exchange = children.find(({ commandLine }) => commandLine.includes('exchange/main.ts'));
  const postgres = children.find(({ name }) => name === 'postgres');
  if (exchange === undefined || postgres === undefined)
    throw new Error('the exchange or Postgres is not a child of the bank');
  const addressOf = (service: string) => wiring.addresses[service] ?? '';
  return {
    wiring: 'embedded',
    description: 'one process for all services (`npm start`), Postgres bus',
    pid,
    bffWebUrls: [addressOf('bff-web')],
    identityUrl: addressOf('identity'),
    processes: () => [
      { name: 'bank', pid },
      { name: 'exchange', pid: exchange.pid },
    ],
    postgresPid: postgres.pid,
    metricsUrls: () => Object.entries(wiring.addresses).map(([service, url]) => ({ service, url })),
    databaseUrls: { ...wiring.databaseUrls, bus: wiring.busUrl },
    dataDir,
    stop,
  };
}

/** Of every server a port that the system chooses. */
function anyPorts(): Record<string, string> {
  const names = [...Object.keys(services), ...Object.keys(outside), 'exchange-control'];
  return Object.fromEntries(names.map((name) => [`PORT_${name.toUpperCase().replaceAll('-', '_')}`, '0']));
}

async function readyLine(child: ChildProcess, lastWords: readonly string[]): Promise<void> {
  const { stdout } = child;
  if (stdout === null) throw new Error('the bank has no output');
  const lines = createInterface({ input: stdout });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the bank was not ready in ${readyWithinMs} ms`)),
      readyWithinMs,
    );
    const settle = (end: () => void) => {
      clearTimeout(timer);
      end();
    };
    lines.on('line', (line) => {
      if (line.startsWith('SimpleBank is ready')) settle(resolve);
    });
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (code) =>
      settle(() => reject(new Error(`the bank ended with ${code}: ${lastWords.join('\n')}`))),
    );
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await exit;
  clearTimeout(timer);
}
