// CPU time and memory of processes, and of Postgres as a whole: a postmaster with a child for each connection.
import { readdirSync, readFileSync } from 'node:fs';
import {
  parseMachineCpuMs,
  parseStat,
  parseStatus,
  parseWaitedMs,
  type ProcessStat,
  type ResidentMemory,
} from './proc-files.ts';

/** How often the tree is read again when a child ended while it was read. */
const mostReadings = 20;

export function statOf(pid: number): ProcessStat | undefined {
  return readIfThere(`/proc/${pid}/stat`, parseStat);
}

export function memoryOf(pid: number): ResidentMemory | undefined {
  return readIfThere(`/proc/${pid}/status`, parseStatus);
}

export function machineCpuMs(): number {
  return parseMachineCpuMs(readFileSync('/proc/stat', 'utf8'));
}

export function childrenOf(pid: number): ProcessStat[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((name) => {
    const stat = statOf(Number(name));
    return stat?.parentPid === pid ? [stat] : [];
  });
}

/**
 * The parent's own CPU, that of its living children, and that of its children that have ended. A child that ends
 * moves from the living to the ended, whole; so the sum neither loses nor doubles it, if it did not end between the
 * two readings, and then they are read again.
 */
export function treeCpuMs(pid: number): number {
  for (let reading = 0; reading < mostReadings; reading += 1) {
    const before = statOf(pid);
    const living = childrenOf(pid).reduce((sum, child) => sum + child.ownCpuMs + child.reapedCpuMs, 0);
    const after = statOf(pid);
    if (before === undefined || after === undefined) throw new Error(`process ${pid} has ended`);
    if (before.reapedCpuMs === after.reapedCpuMs) return after.ownCpuMs + after.reapedCpuMs + living;
  }
  throw new Error(`the children of process ${pid} come and go faster than they can be read`);
}

/** Each process's own memory, and once what they share: buffers and program would count for every connection. */
export function treeMemoryKb(pid: number): number {
  const parts = [pid, ...childrenOf(pid).map((child) => child.pid)].flatMap((each) => memoryOf(each) ?? []);
  const own = parts.reduce((sum, { anonymousKb }) => sum + anonymousKb, 0);
  const most = (of: (memory: ResidentMemory) => number) => Math.max(0, ...parts.map(of));
  return own + most(({ sharedKb }) => sharedKb) + most(({ fileKb }) => fileKb);
}

function readIfThere<Read>(path: string, parse: (text: string) => Read): Read | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // It ended: ENOENT before it was opened, ESRCH after.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined;
    throw error;
  }
  return parse(text);
}

/** Own CPU of a server's processes by role, as their titles say: "connections to orders", "walwriter". */
export function cpuByPostgresRole(postmasterPid: number): Map<string, number> {
  const roles = new Map<string, number>();
  for (const { pid, ownCpuMs } of childrenOf(postmasterPid)) {
    const title = readIfThere(`/proc/${pid}/cmdline`, (text) => text.replaceAll('\0', ' ').trim());
    if (title === undefined) continue;
    const role = postgresRole(title);
    roles.set(role, (roles.get(role) ?? 0) + ownCpuMs);
  }
  return roles;
}

/** A connection's title is "postgres: <role> <database> <address>(<port>) <state>"; others name their work. */
export function postgresRole(title: string): string {
  const [, database] = /^postgres: (?:\S+: )?\S+ (\S+) \S+\(\d+\)/.exec(title) ?? [];
  if (database !== undefined) return `connections to ${database}`;
  return title
    .replace(/^postgres: /, '')
    .replace(/ \S*\d\S*$/, '')
    .trim();
}

export interface ThreadTimes {
  readonly cpuMs: number;
  readonly systemMs: number;
  readonly waitedMs: number;
}

/** A process's main thread, and the sum of all others. */
export function threadsOf(pid: number): { main: ThreadTimes; others: ThreadTimes } {
  const sum = { main: [0, 0, 0], others: [0, 0, 0] };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readIfThere(`/proc/${pid}/task/${thread}/stat`, parseStat);
    const waitedMs = readIfThere(`/proc/${pid}/task/${thread}/schedstat`, parseWaitedMs) ?? 0;
    if (stat === undefined) continue;
    const times = sum[Number(thread) === pid ? 'main' : 'others'];
    [stat.ownCpuMs, stat.systemCpuMs, waitedMs].forEach(
      (ms, index) => (times[index] = (times[index] ?? 0) + ms),
    );
  }
  const named = ([cpuMs = 0, systemMs = 0, waitedMs = 0]: number[]) => ({ cpuMs, systemMs, waitedMs });
  return { main: named(sum.main), others: named(sum.others) };
}
