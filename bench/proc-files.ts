// What Linux tells of a process in /proc: CPU time from `stat` and resident memory from `status` (proc(5)).

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  readonly name: string;
  /** CPU that the process itself has used, user and system. */
  readonly ownCpuMs: number;
  /** Of that, what the kernel did for it: system calls. */
  readonly systemCpuMs: number;
  /** CPU of its children that have ended and were waited for, and of theirs. */
  readonly reapedCpuMs: number;
}

/** USER_HZ, in which the kernel tells times to programs: 100 on every Linux that Node runs on. */
const ticksASecond = 100;
const msOf = (ticks: string | undefined): number => (Number(ticks) * 1_000) / ticksASecond;

export function parseStat(text: string): ProcessStat {
  // "pid (name) state ppid …": the name may hold blanks and parentheses, so it ends at the last one.
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const [userMs, systemMs, reapedUserMs, reapedSystemMs] = fields.slice(11, 15).map(msOf);
  const stat = {
    pid: Number(text.slice(0, open)),
    parentPid: Number(fields[1]),
    name: text.slice(open + 1, close),
    ownCpuMs: (userMs ?? NaN) + (systemMs ?? NaN),
    systemCpuMs: systemMs ?? NaN,
    reapedCpuMs: (reapedUserMs ?? NaN) + (reapedSystemMs ?? NaN),
  };
  if (open < 0 || ![stat.pid, stat.parentPid, stat.ownCpuMs, stat.reapedCpuMs].every(Number.isFinite))
    throw new Error(`not the stat file of a process: ${text.slice(0, 200)}`);
  return stat;
}

export interface ResidentMemory {
  readonly totalKb: number;
  /** The process's own. */
  readonly anonymousKb: number;
  /** Mapped files, such as the program: shared by processes of one program. */
  readonly fileKb: number;
  /** Shared memory, such as Postgres's buffers. */
  readonly sharedKb: number;
}

/** Undefined for a process that has ended: it has no memory any more. */
export function parseStatus(text: string): ResidentMemory | undefined {
  const kbOf = (name: string): number | undefined => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const totalKb = kbOf('VmRSS');
  if (totalKb === undefined) return undefined;
  return {
    totalKb,
    anonymousKb: kbOf('RssAnon') ?? totalKb,
    fileKb: kbOf('RssFile') ?? 0,
    sharedKb: kbOf('RssShmem') ?? 0,
  };
}

/** CPU of the whole machine since it started, without what it spent idle or waiting for disks. */
export function parseMachineCpuMs(procStat: string): number {
  const [, user, nice, system, , , irq, softirq, steal] = (procStat.split('\n')[0] ?? '').split(/\s+/);
  const busyMs = [user, nice, system, irq, softirq, steal].reduce((sum, ticks) => sum + msOf(ticks), 0);
  if (!Number.isFinite(busyMs)) throw new Error('not /proc/stat');
  return busyMs;
}

/** From a thread's `schedstat`: milliseconds for which it could have run and had no core. */
export function parseWaitedMs(schedstat: string): number {
  const waitedNs = Number(schedstat.split(' ')[1]);
  if (!Number.isFinite(waitedNs)) throw new Error('not the schedstat of a thread');
  return waitedNs / 1e6;
}
