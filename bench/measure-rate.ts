// One rate, measured: CPU and work are read at rest before the first order and at rest after the last one has
// completed, so that exactly these orders are in between.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BankUnderLoad } from './bank-under-load.ts';
import type { LoadGenerator } from './load-generator.ts';
import type { LoadOrder } from './load-messages.ts';
import { spreadOf, type Spread } from './percentiles.ts';
import { cpuBetween, readCpu, watchMemory } from './process-sampler.ts';
import type { Idle, RateResult } from './results.ts';
import { countWork, workBetween } from './work-counters.ts';

/** After OrderCompleted there is still work: notifications, cursors of the bus, the tail of the relay. */
const settleMs = 1_500;

export interface UnderTest {
  readonly bank: BankUnderLoad;
  readonly load: LoadGenerator;
}

export async function measureIdle({ bank, load }: UnderTest, seconds: number): Promise<Idle> {
  await sleep(settleMs);
  const workBefore = await countWork(bank);
  const [startedAt, before] = [performance.now(), readCpu(bank, load.pid)];
  await sleep(seconds * 1_000);
  const [endedAt, after] = [performance.now(), readCpu(bank, load.pid)];
  const work = workBetween(workBefore, await countWork(bank));
  const elapsed = (endedAt - startedAt) / 1_000;
  const { byProcess, othersMs } = cpuBetween(before, after);
  return {
    seconds: elapsed,
    cpuMsPerSecond: Object.fromEntries(Object.entries(byProcess).map(([name, ms]) => [name, ms / elapsed])),
    statementsPerSecond: total(work.statements.values()) / elapsed,
    transactionsPerSecond: work.transactions / elapsed,
    othersCpuMsPerSecond: othersMs / elapsed,
  };
}

export async function measureRate(
  { bank, load }: UnderTest,
  order: LoadOrder,
  idle: Idle,
): Promise<RateResult> {
  await sleep(settleMs);
  using memory = watchMemory(bank, load.pid);
  const workBefore = await countWork(bank);
  const [startedAt, before] = [performance.now(), readCpu(bank, load.pid)];
  const result = await load.run(order);
  await sleep(settleMs);
  const [endedAt, after] = [performance.now(), readCpu(bank, load.pid)];
  const work = workBetween(workBefore, await countWork(bank));
  const { byProcess, othersMs } = cpuBetween(before, after);
  const { offered, accepted, completed, completedInTime, failures, mostInFlight } = result;
  return {
    rate: order.rate,
    seconds: order.seconds,
    offered,
    accepted,
    completed,
    completedInTime,
    failures,
    mostInFlight,
    ...named('accept', spreadOf(result.acceptMs)),
    ...named('acceptFromSent', spreadOf(result.acceptFromSentMs)),
    ...named('complete', spreadOf(result.completeMs)),
    ...named('eventToSubscriber', spreadOf(result.eventToSubscriberMs)),
    ...named('late', spreadOf(result.lateMs)),
    measuredSeconds: (endedAt - startedAt) / 1_000,
    cpuMs: byProcess,
    othersCpuMs: othersMs,
    peakMb: memory.peaksMb(),
    statements: Object.fromEntries(work.statements),
    idleStatementsPerSecond: idle.statementsPerSecond,
    transactions: work.transactions,
    busEvents: work.events,
    storedBytes: work.storedBytes,
    walBytes: work.walBytes,
  };
}

function named<Name extends string>(name: Name, spread: Spread | undefined): { [Key in Name]?: Spread } {
  return (spread === undefined ? {} : { [name]: spread }) as { [Key in Name]?: Spread };
}

function total(counts: Iterable<number>): number {
  return [...counts].reduce((sum, count) => sum + count, 0);
}
