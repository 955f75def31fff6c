// A gateway as a process of its own, and what it has used: the process itself, and the processes that it started, which
// are as much its cost as it is.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { followProcess } from './child-process.ts';
import type { Contestant, Place } from './contestants.ts';
import { measuredFlag, usageQuestion, type FromHook } from './gateway-hook.ts';

/** The slowest takes some seconds on a busy machine. */
const startMs = 60_000;
const usageMs = 30_000;
/** The kernel counts CPU of other processes in hundredths of a second, on all platforms that Node runs on. */
const microsecondsPerTick = 10_000;

export interface Usage {
  readonly cpuMicroseconds: number;
  /** The highest ever of the process, and what those that it started hold now that is no program's file. */
  readonly maxRssBytes: number;
}

export interface MeasuredGateway extends AsyncDisposable {
  readonly contestant: Contestant;
  readonly port: number;
  usage(): Promise<Usage>;
}

/** Everything on the Node that runs the bench. */
export async function startGateway(contestant: Contestant, place: Place): Promise<MeasuredGateway> {
  const child = spawn(process.execPath, ['--import', await readHook(), ...(await contestant.start(place))], {
    cwd: place.folder,
    env: { ...process.env, NODE_ENV: 'production', NODE_NO_WARNINGS: '1', [measuredFlag]: '1' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gateway = followProcess<FromHook>(child, contestant.name);
  const first = await gateway.next(startMs);
  if (first.kind !== 'listening') throw new Error(`${contestant.name} said ${first.kind} first`);
  return {
    contestant,
    port: first.port,
    async usage() {
      const own = await gateway.ask(usageQuestion, usageMs);
      if (own.kind !== 'usage')
        throw new Error(`${contestant.name} said ${own.kind} to the question of usage`);
      const others = descendantsOf(child.pid ?? 0).map(usageOf);
      return {
        cpuMicroseconds: own.cpuMicroseconds + sum(others.map(({ cpuMicroseconds }) => cpuMicroseconds)),
        maxRssBytes: own.maxRssBytes + sum(others.map(({ maxRssBytes }) => maxRssBytes)),
      };
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** As JavaScript: for TypeScript each gateway would load what strips its types, 17 MB that are not its own. */
async function readHook(): Promise<string> {
  const source = await readFile(new URL('./gateway-hook.ts', import.meta.url), 'utf8');
  return `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(source))}`;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Where there is no /proc, as on macOS, none are found. */
function descendantsOf(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.flatMap((child) => [child, ...descendantsOf(child)]);
  } catch {
    return [];
  }
}

function usageOf(pid: number): Usage {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; utime and stime are the 14th and 15th field, 12th and 13th after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    // Node's own file is mapped by all of them, and lies in memory once.
    const ownKb = /RssAnon:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
    return { cpuMicroseconds: ticks * microsecondsPerTick, maxRssBytes: Number(ownKb) * 1024 };
  } catch {
    return { cpuMicroseconds: 0, maxRssBytes: 0 }; // it has ended meanwhile
  }
}
