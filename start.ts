// `npm start`: the whole bank on this machine, on the embedded default. Ctrl-C stops all of it.
import { demoCustomers, demoPassword } from '@simplebank/contracts';
import { startBank, type Bank } from './deploy/embedded-bank.ts';
import { outside, services, type ServiceName } from './topology.ts';

function banner(bank: Bank, milliseconds: number): string {
  const line = (name: string, url: string, what: string) => `  ${name.padEnd(14)} ${url.padEnd(24)} ${what}`;
  const names = Object.keys(services) as ServiceName[];
  return [
    `SimpleBank is ready after ${(milliseconds / 1000).toFixed(1)} s.`,
    '',
    ...names.map((name) => line(name, bank.addresses[name], services[name].what)),
    line('exchange', `127.0.0.1:${bank.exchange.port}`, outside.exchange.what),
    line('postgres', `127.0.0.1:${bank.postgres.port}`, outside.postgres.what),
    '',
    `Sign in as one of ${demoCustomers.map(({ username }) => username).join(', ')}; the password is ${demoPassword}:`,
    `  curl -s ${bank.addresses.identity}/token -H 'content-type: application/json' -d '{"username":"ada","password":"${demoPassword}"}'`,
    `Then POST GraphQL to ${bank.addresses['bff-web']}/graphql with "authorization: Bearer <access_token>".`,
    '',
    'See it work, in another terminal:  npm run demo',
    `Logs: ${bank.logFile}     Stop: Ctrl-C`,
  ].join('\n');
}

/** How often the bank looks whether the npm that started it is still there. */
const parentLookMs = 500;

const startedAt = performance.now();
const bank = await startBank({ dataDir: process.env['DATA_DIR'] ?? '.data', environment: process.env }).catch(
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
console.log(banner(bank, performance.now() - startedAt));

let stopping = false;
function stop(): void {
  // npm passes Ctrl-C on although the terminal has sent it already; the second one changes nothing.
  if (stopping) return;
  stopping = true;
  console.log('Stopping …');
  bank.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

// A signal to npm ends npm alone, and would leave the bank behind.
const npm = process.ppid;
if (process.env['npm_lifecycle_event'] === 'start') {
  setInterval(() => {
    if (process.ppid !== npm) stop();
  }, parentLookMs).unref();
}
