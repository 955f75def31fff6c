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
const leastPerSecond = 4;
/** Leaves the bank room to make up for an outage. */
const steadyShare = 0.6;

/** Without the reads that a load may add: they begin with sign-ins, all at once on a bank that has just started. */
export async function completedPerSecond(
  options: Pick<LoadOptions, 'addresses' | 'otherBff'>,
): Promise<number> {
  const run = `capacity-${crypto.randomUUID()}-`;
  const { addresses, otherBff } = options;
  const served = otherBff === undefined ? { addresses } : { addresses, otherBff };
  await using load = startLoad({ ...served, run, perSecond: offeredPerSecond, inFlightAtMost: inFlight });
  const ended = () => load.orders.filter(({ story }) => story !== undefined).length;
  await setTimeout(warmUpMs);
  const [from, before] = [performance.now(), ended()];
  await setTimeout(measuredMs);
  // To the last one's end, since orders end in batches: a short window could fall between two.
  await load.finish(finishedWithinMs);
  const perSecond = ((ended() - before) * 1000) / (performance.now() - from);
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
