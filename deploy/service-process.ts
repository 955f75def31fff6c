// One service as a process of its own: `node deploy/service-process.ts orders`. Everything comes from the environment
// (docs/deploy.md lists the settings); this is what a container runs and what `npm run start:services` starts.
import { pino } from 'pino';
import {
  createLogger,
  openDnsDiscovery,
  openHost,
  openRedisDiscovery,
  readSecretFiles,
  type Discovery,
  type Environment,
  type Logger,
  type RunningService,
  type StartService,
} from '@simplebank/chassis';
import { services, type ServiceDescription, type ServiceName } from '../topology.ts';
import { readServiceSettings } from './service-settings.ts';
import { startingPart, textOf } from './start-fault.ts';

/** What has not stopped by then is ended hard; nothing is lost by that, it is a crash as any other. */
const stopTimeoutMs = 15_000;

/** What the process tells whoever started it, when there is a channel. */
export interface ReadyMessage {
  readonly url: string;
}

async function startAlone(name: ServiceName, environment: Environment, log: Logger): Promise<RunningService> {
  const { main, database }: ServiceDescription = services[name];
  const settings = readServiceSettings(name, environment);
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = settings;
  const discovery = openDiscovery(settings.DISCOVERY, redisUrl ?? '', log);
  const { start } = (await import(new URL(`../${main}`, import.meta.url).href)) as { start: StartService };
  const host = openHost({
    service: name,
    host: settings.HOST,
    port: settings.port,
    sharedPort: settings.SHARED_PORT === '1',
    environment,
    ...(database && databaseUrl !== undefined ? { databaseUrl } : {}),
    ...(settings.needsBus && redisUrl !== undefined ? { busUrl: redisUrl } : {}),
    serviceTokenSecret: settings.SERVICE_TOKEN_SECRET,
    issuer: settings.ISSUER,
    replicasOf: (service) => discovery.replicasOf(service),
    announce: (url) => discovery.announce(name, settings.ADVERTISE_URL ?? url),
    drainMs: settings.DRAIN_MS,
    logDestination: destination,
  });
  host.onStop(() => discovery.close());
  return startingPart(name, () => start(host));
}

function openDiscovery(kind: 'redis' | 'dns', redisUrl: string, log: Logger): Discovery {
  if (kind === 'redis') return openRedisDiscovery({ url: redisUrl, log });
  const ports = Object.fromEntries(Object.entries(services).map(([name, { port }]) => [name, port]));
  return openDnsDiscovery({ ports, log });
}

const destination = pino.destination({ dest: 1, sync: false });
process.on('exit', () => destination.flushSync());

const name = process.argv[2];
if (name === undefined || !(name in services)) {
  console.error(`Usage: node deploy/service-process.ts <${Object.keys(services).join(' | ')}>`);
  process.exit(2);
}
// Whoever started it is gone: what a replica has begun is taken over by those that live.
process.on('disconnect', () => process.exit(1));

let stopping = false;
let running: RunningService | undefined;
function stop(): void {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(1), stopTimeoutMs).unref();
  if (running === undefined) process.exit(0);
  running.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);

try {
  const environment = readSecretFiles(process.env);
  const log = createLogger({ service: name, destination });
  running = await startAlone(name as ServiceName, environment, log);
  const ready: ReadyMessage = { url: running.url };
  process.send?.(ready);
} catch (error) {
  console.error(textOf(error));
  process.exit(1);
}
