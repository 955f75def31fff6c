// `npm run random-orders -- 5000 [--seed N]`: that many random orders against the running bank, with faults of the
// exchange in between; then each of them, the exchange's statement and the whole ledger are checked. The bank should
// have no other customers meanwhile. Ends with 0 when all holds.
import { parseArgs } from 'node:util';
import { runningBankFor } from '@simplebank/chassis';
import { judgedRandomRun, type JudgedRun } from './judged-random-run.ts';

const defaultCount = 500;
const defaultInFlight = 64;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string' }, 'in-flight': { type: 'string' } },
  });
  const count = Number(positionals[0] ?? defaultCount);
  const seed = Number(values.seed ?? 1);
  const inFlight = Number(values['in-flight'] ?? defaultInFlight);
  if (![count, seed, inFlight].every((given) => Number.isSafeInteger(given) && given > 0)) {
    console.error(
      'npm run random-orders -- [orders] [--seed N] [--in-flight N]: each a whole number above zero',
    );
    return 2;
  }
  const found = await runningBankFor(process.env);
  if (found === undefined) {
    console.error('the bank is not running: npm start or npm run start:services first');
    return 2;
  }
  const { dataDir, bank } = found;
  console.log(`${count} random orders, seed ${seed}, ${inFlight} in flight`);
  const every = Math.max(1, Math.floor(count / 10));
  const run = await judgedRandomRun({
    dataDir,
    wiring: bank,
    count,
    seed,
    inFlight,
    onProgress: (index) => index > 0 && index % every === 0 && console.log(`  ${index} …`),
  });
  print(run);
  return run.problems.length === 0 ? 0 : 1;
}

function print({ run, outcomes, executions, repeats, ledger, problems }: JudgedRun): void {
  const listed = (counts: ReadonlyMap<string, number>) =>
    [...counts]
      .toSorted(([, one], [, other]) => other - one)
      .map(([name, number]) => `  ${name.padEnd(24)} ${number}`)
      .join('\n');
  console.log(`\nOutcomes of ${run.placed.length} orders, in ${executions} executions\n${listed(outcomes)}`);
  console.log(`\nRefused at once\n${listed(run.refusals)}`);
  const perSecond = (run.placed.length / run.seconds).toFixed(1);
  console.log(`\n${run.seconds.toFixed(1)} s, ${perSecond} orders/s, ${repeats} requests sent again`);
  console.log(ledger);
  const shown = 20;
  for (const problem of problems.slice(0, shown)) console.log(`  ✗ ${problem}`);
  console.log(problems.length === 0 ? 'All of it adds up.' : `${problems.length} problems.`);
}
