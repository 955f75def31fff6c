// The program of `startServiceProcess`: one service, started as its wiring on the command line says, with its log on
// standard output. Ends with its standard input.
import { openHost, type StartService } from '@simplebank/chassis';

export interface ServiceProcessWiring {
  /** URL of the module whose `start` brings the service up. */
  readonly main: string;
  readonly service: string;
  readonly serviceTokenSecret: string;
  readonly issuer?: string;
  /** Base URLs by service. */
  readonly addresses?: Readonly<Record<string, string>>;
  readonly databaseUrl?: string;
  readonly busUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

process.stdin.resume().on('end', () => process.exit());

const wiring = JSON.parse(process.argv[2] ?? '') as ServiceProcessWiring;
const { main, addresses = {}, environment = {}, issuer = 'https://identity.test.example', ...given } = wiring;
const { start } = (await import(main)) as { start: StartService };
await start(
  openHost({
    ...given,
    issuer,
    environment,
    host: '127.0.0.1',
    port: 0,
    replicasOf: (service) => [addresses[service] ?? []].flat(),
    logDestination: process.stdout,
  }),
);
