// How many orders a second this machine's bank completes, so that tests under load neither starve on a slow machine nor
// idle on a fast one: they judge what the bank does, not how fast the machine is (that is what bench/ is for).
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { startLoad, type LoadOptions } from './steady-load.fixture.ts';

/** Enough that the bank always has work and does it in batches, few enough that they end soon. */
const inFlight = 100;
const offeredPerSecond = 200;
/** In which a bank that was just started compiles its code. */
const warmUpMs = 5_000;
const measuredMs = 5_000;
const finishedWithinMs = 60_000;
/** A machine, or a bank, that does less can not be judged under a load. */
const leastPerSecond = 8;
/** Leaves the bank room to make up for an outage. */
const steadyShare = 0.6;

export async function completedPerSecond(options: Omit<LoadOptions, 'perSecond' | 'run'>): Promise<number> {
  const run = `capacity-${crypto.randomUUID()}-`;
  await using load = startLoad({ ...options, run, perSecond: offeredPerSecond, inFlightAtMost: inFlight });
  const ended = () => load.orders.filter(({ story }) => story !== undefined).length;
  await setTimeout(warmUpMs);
  const [from, before] = [performance.now(), ended()];
  await setTimeout(measuredMs);
  const perSecond = ((ended() - before) * 1000) / (performance.now() - from);
  await load.finish(finishedWithinMs);
  assert.ok(
    perSecond >= leastPerSecond,
    `the bank completes only ${perSecond.toFixed(1)} orders a second here`,
  );
  return perSecond;
}

/** The wanted rate, or what a bank of that capacity can take for long: orders a second. */
export function steadyRate(wantedPerSecond: number, capacityPerSecond: number): number {
  return Math.min(wantedPerSecond, Math.floor(steadyShare * capacityPerSecond));
}
