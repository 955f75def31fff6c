// The bench of one wiring: idle, warm-up, each rate, saturation, and at the end the proof that the bank was right.
import { setTimeout as sleep } from 'node:timers/promises';
import { checkLedger } from '../e2e/running-bank.ts';
import type { BenchArguments } from './arguments.ts';
import type { BankUnderLoad } from './bank-under-load.ts';
import { startLoadGenerator } from './load-generator.ts';
import { describeCommand, describeCommit, describeMachine } from './machine.ts';
import { measureIdle, measureRate, type UnderTest } from './measure-rate.ts';
import type { BenchResult, RateResult } from './results.ts';
import { findSaturation } from './saturation.ts';

const idleSeconds = 8;
/** Until the runtime has compiled what is hot, connections are open and plans are made; not counted. */
const warmUp = { rate: 25, seconds: 6 };
const saturationSeconds = 8;
/** A rate below this share in time is far above what the machine carries; higher ones would only wait. */
const hopelessShare = 0.5;
/** What a step above the capacity has left behind is worked off before the ledger is judged. */
const atRestWithinMs = 60_000;
const askAgainMs = 1_000;

export async function benchWiring(
  bank: BankUnderLoad,
  options: BenchArguments,
  tell: (line: string) => void,
): Promise<BenchResult> {
  const { bffWebUrls, identityUrl } = bank;
  await using load = await startLoadGenerator({ bffWebUrls, identityUrl });
  const test: UnderTest = { bank, load };
  // Before the first idle second too: a bank that has never worked has nothing compiled and no connections.
  let { seed } = options;
  await load.run({ ...warmUp, seed: seed++ });
  const idle = await measureIdle(test, idleSeconds);
  tell(`idle: ${JSON.stringify(idle.cpuMsPerSecond)} ms of CPU a second`);
  const rates: RateResult[] = [];
  for (const rate of options.rates) {
    const result = await measureRate(test, { rate, seconds: options.seconds, seed: seed++ }, idle);
    rates.push(result);
    tell(`${rate}/s: ${result.completed} of ${result.offered} completed, p99 ${result.complete?.p99} ms`);
    if (result.completedInTime / result.offered < hopelessShare) {
      tell(`left out: rates above ${rate}/s, of which not even half completed in time`);
      break;
    }
  }
  const saturation = options.findsSaturation
    ? await findSaturation({
        firstRate: highestHolding(rates),
        seconds: saturationSeconds,
        async run(rate, seconds) {
          const result = await load.run({ rate, seconds, seed: seed++ });
          tell(`saturation ${rate}/s: ${result.completedInTime} of ${result.offered} completed in time`);
          return result;
        },
      })
    : undefined;
  const invariants = await proveLedger(bank);
  tell(invariants);
  return {
    wiring: bank.wiring,
    description: bank.description,
    command: describeCommand(),
    commit: describeCommit(),
    date: new Date().toISOString(),
    machine: describeMachine(),
    idle,
    rates,
    invariants,
    ...(saturation === undefined ? {} : { saturation }),
  };
}

/** Where stepping up begins: the highest rate of the table whose orders nearly all came through. */
function highestHolding(rates: readonly RateResult[]): number {
  const holding = rates.filter(({ completedInTime, offered }) => completedInTime / offered >= 0.99);
  return holding.at(-1)?.rate ?? rates[0]?.rate ?? 1;
}

/** Figures of a wrong bank count nothing: throws when an invariant does not hold, or work never ends. */
async function proveLedger(bank: BankUnderLoad): Promise<string> {
  const givesUpAt = performance.now() + atRestWithinMs;
  for (;;) {
    const { exitCode, output, atRestAndTrue } = await checkLedger(bank.dataDir);
    if (atRestAndTrue) return output.trim().split('\n').at(-1) ?? '';
    if (exitCode !== 0 || performance.now() > givesUpAt) throw new Error(`the bank is not right:\n${output}`);
    await sleep(askAgainMs);
  }
}
