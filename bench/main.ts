// `npm run bench`: what an order costs and how long it takes, on each wiring, under a constant arrival rate. Writes
// bench/results/<wiring>.md and .json, and one chart of all wirings that were ever benched here.
import { writeFile } from 'node:fs/promises';
import { readArguments, usage, type BenchArguments } from './arguments.ts';
import { wirings, type BankUnderLoad, type Wiring } from './bank-under-load.ts';
import { benchWiring } from './bench-wiring.ts';
import { chartOf } from './chart.ts';
import { startEmbedded } from './embedded-wiring.ts';
import { reportOf } from './report.ts';
import { readResult, resultsFolder, writeResult, type BenchResult } from './results.ts';
import { startServicesUnderLoad } from './services-wiring.ts';

const tell = (line: string) => console.log(line);

async function start(wiring: Wiring, { replicas }: BenchArguments): Promise<BankUnderLoad> {
  switch (wiring) {
    case 'embedded':
      return startEmbedded();
    case 'services':
      return startServicesUnderLoad(replicas);
    default:
      return wiring satisfies never;
  }
}

async function bench(options: BenchArguments): Promise<void> {
  for (const wiring of options.wirings) {
    tell(`\n${wiring}: starting the bank`);
    const bank = await start(wiring, options);
    const interrupted = () => void bank.stop().finally(() => process.exit(130));
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    try {
      const result = await benchWiring(bank, options, tell);
      await writeResult(result);
      const page = reportOf(result);
      await writeFile(new URL(`./${wiring}.md`, resultsFolder), page);
      tell(`\n${page}`);
    } finally {
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      await bank.stop();
    }
  }
  const known = (await Promise.all(wirings.map(readResult))).filter(
    (result): result is BenchResult => result !== undefined,
  );
  await writeFile(new URL('./bench.svg', resultsFolder), chartOf(known));
}

if (process.argv.includes('--help')) tell(usage);
else await bench(readArguments(process.argv.slice(2)));
