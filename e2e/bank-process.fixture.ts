// The bank as a process of its own, for tests that kill it: `npm start` without the banner. It prints where it
// listens when it is ready, and its processes' ids for each line that it gets.
import { createInterface } from 'node:readline';
import { startBank } from '../deploy/embedded-bank.ts';

const bank = await startBank({ dataDir: process.env['DATA_DIR'] ?? '', environment: process.env });
const portOf = (url: string) => Number(new URL(url).port);
const ports = {
  ...Object.fromEntries(Object.entries(bank.addresses).map(([name, url]) => [name, portOf(url)])),
  postgres: bank.postgres.port,
  exchange: bank.exchange.port,
  'exchange-control': bank.exchange.controlPort,
};
console.log(JSON.stringify({ ports }));

createInterface({ input: process.stdin })
  .on('line', () => {
    const pids = { bank: process.pid, postgres: bank.postgres.pid, exchange: bank.exchange.pid() };
    console.log(JSON.stringify({ pids }));
  })
  .on('close', () => void bank.stop().then(() => process.exit(0)));
