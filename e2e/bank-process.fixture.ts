// The bank (or its launcher) as a process of its own, for tests that kill it: the start without the banner. It prints where it
// listens when it is ready, and its processes' ids for each line that it gets.
import { createInterface } from 'node:readline';
import { startWired } from './wired-bank.fixture.ts';

const redisUrl = process.env['KEPT_REDIS_URL'];
const bank = await startWired({
  dataDir: process.env['DATA_DIR'] ?? '',
  environment: process.env,
  ...(redisUrl === undefined ? {} : { redisUrl }),
});
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
