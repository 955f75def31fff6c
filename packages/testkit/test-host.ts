// The chassis as a service under test gets it: any port, logs kept in memory, other services by their addresses.
import { randomBytes } from 'node:crypto';
import { openHost, type RunningService, type ServiceHost } from '@simplebank/chassis';

/** Tokens between services of one test process are signed with this. */
const serviceTokenSecret = randomBytes(32).toString('hex');

export interface TestHostOptions {
  readonly service: string;
  readonly issuer?: string;
  /** Base URLs by service, a list for many replicas; read at each call, so that a test may set them later. */
  readonly addresses?: Readonly<Record<string, string | readonly string[]>>;
  readonly databaseUrl?: string;
  readonly busUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Another one than all others have: the host is then a stranger to them. */
  readonly serviceTokenSecret?: string;
}

export type LogLine = Readonly<Record<string, unknown>>;

/** Stops at its end what was served on it, also when the test failed. */
export interface TestHost extends AsyncDisposable {
  readonly host: ServiceHost;
  readonly logs: readonly LogLine[];
}

export function testHost(options: TestHostOptions): TestHost {
  const logs: LogLine[] = [];
  const { addresses = {}, databaseUrl, busUrl } = options;
  const host = openHost({
    service: options.service,
    host: '127.0.0.1',
    port: 0,
    environment: options.environment ?? {},
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(busUrl === undefined ? {} : { busUrl }),
    serviceTokenSecret: options.serviceTokenSecret ?? serviceTokenSecret,
    issuer: options.issuer ?? 'https://identity.test.example',
    replicasOf: (service) => [addresses[service] ?? []].flat(),
    logDestination: { write: (line) => void logs.push(JSON.parse(line) as LogLine) },
  });
  const running: RunningService[] = [];
  const recorded = async (starting: Promise<RunningService>) => {
    const service = await starting;
    running.push(service);
    return service;
  };
  return {
    host: {
      ...host,
      serveHttp: (routes, served) => recorded(host.serveHttp(routes, served)),
      serveSubgraph: (subgraph) => recorded(host.serveSubgraph(subgraph)),
    },
    logs,
    async [Symbol.asyncDispose]() {
      if (running.length === 0) await host.client.close();
      for (const service of running) await service.stop();
    },
  };
}
