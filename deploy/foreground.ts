// A bank in the foreground of a terminal: what it says when it is ready, and how it ends.
import { demoCustomers, demoPassword } from '@simplebank/contracts';
import { outside, services, type ServiceName } from '../topology.ts';
import { textOf } from './start-fault.ts';

export interface ForegroundBank {
  readonly addresses: Readonly<Record<ServiceName, string>>;
  readonly exchange: { readonly port: number };
  readonly logFile: string;
  stop(): Promise<void>;
}

export interface ReadyNotes {
  readonly startedAt: number;
  /** Lines of the table below the services and the exchange: name, address, what it is. */
  readonly beside: readonly (readonly [string, string, string])[];
  /** What else a person may do now. */
  readonly hints?: readonly string[];
}

export function readyText(bank: ForegroundBank, { startedAt, beside, hints = [] }: ReadyNotes): string {
  const line = (name: string, url: string, what: string) => `  ${name.padEnd(14)} ${url.padEnd(24)} ${what}`;
  const names = Object.keys(services) as ServiceName[];
  return [
    `SimpleBank is ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`,
    '',
    ...names.map((name) => line(name, bank.addresses[name], services[name].what)),
    line('exchange', `127.0.0.1:${bank.exchange.port}`, outside.exchange.what),
    ...beside.map((parts) => line(...parts)),
    '',
    `Sign in as one of ${demoCustomers.map(({ username }) => username).join(', ')}; the password is ${demoPassword}:`,
    `  curl -s ${bank.addresses.identity}/token -H 'content-type: application/json' -d '{"username":"ada","password":"${demoPassword}"}'`,
    `Then POST GraphQL to ${bank.addresses['bff-web']}/graphql with "authorization: Bearer <access_token>".`,
    '',
    'See it work, in another terminal:  npm run demo',
    ...hints,
    `Logs: ${bank.logFile}     Stop: Ctrl-C`,
  ].join('\n');
}

/** How often the bank looks whether the npm that started it is still there. */
const parentLookMs = 500;

/** Stops the bank, or the part of it that this process runs, and ends the process on a signal, or when the npm that runs the script is gone. */
export function stopAtTheEnd(bank: Pick<ForegroundBank, 'stop'>): void {
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
  if (process.env['npm_lifecycle_event'] === undefined) return;
  setInterval(() => {
    if (process.ppid !== npm) stop();
  }, parentLookMs).unref();
}

/** For a program whose only purpose is the bank: says why it did not start, and ends. */
export function notStarted(error: unknown): never {
  console.error(textOf(error));
  process.exit(1);
}
