// CPU and memory of the bank, by process, and of what it runs beside.
import type { BankUnderLoad, NamedProcess } from './bank-under-load.ts';
import { machineCpuMs, memoryOf, statOf, treeCpuMs, treeMemoryKb } from './process-table.ts';

/** Milliseconds of CPU since each process started, by name. */
export type CpuReading = ReadonlyMap<string, number>;

export const postgresName = 'postgres';
export const generatorName = 'load generator';
/** All that runs on this machine, the bench and other people's programs too. */
const machineName = 'machine';

export function readCpu(bank: BankUnderLoad, generatorPid: number): CpuReading {
  const reading = new Map<string, number>();
  for (const { name, pid } of processesOf(bank, generatorPid)) {
    const stat = statOf(pid);
    if (stat === undefined) throw new Error(`${name} (process ${pid}) has ended during the bench`);
    reading.set(name, (reading.get(name) ?? 0) + stat.ownCpuMs);
  }
  reading.set(postgresName, treeCpuMs(bank.postgresPid));
  reading.set(machineName, machineCpuMs());
  return reading;
}

export interface CpuSpent {
  readonly byProcess: Readonly<Record<string, number>>;
  /** Of processes that belong neither to the bank nor to the load: noise, when it is much. */
  readonly othersMs: number;
}

export function cpuBetween(before: CpuReading, after: CpuReading): CpuSpent {
  const spent = [...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)] as const);
  const byProcess = Object.fromEntries(spent.filter(([name]) => name !== machineName));
  const ours = Object.values(byProcess).reduce((sum, ms) => sum + ms, 0);
  const machineMs = spent.find(([name]) => name === machineName)?.[1] ?? 0;
  // Ticks are counted apart for a process and for the machine; a little below zero is rounding.
  return { byProcess, othersMs: Math.max(0, machineMs - ours) };
}

/** Reading /proc for a hundred processes takes some milliseconds of the bench's own CPU. */
const memoryEveryMs = 1_000;

export interface MemoryWatch extends Disposable {
  /** Largest resident memory seen so far by name, in megabytes; replicas added up. */
  peaksMb(): Record<string, number>;
}

export function watchMemory(bank: BankUnderLoad, generatorPid: number): MemoryWatch {
  const peaksKb = new Map<string, number>();
  const look = () => {
    const nowKb = new Map<string, number>([[postgresName, treeMemoryKb(bank.postgresPid)]]);
    for (const { name, pid } of processesOf(bank, generatorPid))
      nowKb.set(name, (nowKb.get(name) ?? 0) + (memoryOf(pid)?.totalKb ?? 0));
    for (const [name, kb] of nowKb) peaksKb.set(name, Math.max(peaksKb.get(name) ?? 0, kb));
  };
  look();
  const timer = setInterval(look, memoryEveryMs);
  return {
    peaksMb() {
      look();
      return Object.fromEntries([...peaksKb].map(([name, kb]) => [name, Math.round(kb / 1_024)]));
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function processesOf(bank: BankUnderLoad, generatorPid: number): NamedProcess[] {
  return [...bank.processes(), { name: generatorName, pid: generatorPid }];
}
