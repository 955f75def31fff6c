// `npm run replica -- orders`: one more replica of a service for the bank that `npm run start:services` runs, until
// Ctrl-C. The others find it, and miss it again, without a restart.
import { createLogger, findRunningBank, standardDataDirs } from '@simplebank/chassis';
import { services, type ServiceName } from '../topology.ts';
import { notStarted, stopAtTheEnd } from './foreground.ts';
import { startReplica } from './replica.ts';
import { replicaEnvironment } from './replica-environment.ts';
import { openSecrets } from './secrets.ts';

async function main(service: string | undefined): Promise<void> {
  if (service === undefined || !(service in services)) {
    console.error(`Usage: npm run replica -- <${Object.keys(services).join(' | ')}>`);
    process.exit(2);
  }
  const name = service as ServiceName;
  const dataDir = process.env['DATA_DIR'] ?? standardDataDirs[1];
  const bank = await findRunningBank(dataDir);
  if (bank?.processes === undefined) {
    console.error('no bank of many processes is running: npm run start:services first');
    process.exit(2);
  }
  const log = createLogger({ service: 'replica', destination: process.stderr });
  const replica = await startReplica({
    service: name,
    port: 0,
    environment: replicaEnvironment(name, {
      dataDir,
      environment: process.env,
      databaseUrl: bank.databaseUrls[name],
      redisUrl: bank.processes.redisUrl,
      secrets: await openSecrets(dataDir),
      exchangePort: bank.processes.exchangePort,
    }),
    logFd: process.stdout.fd,
    log: (level, message, fields = {}) => log[level](fields, message),
  });
  console.error(`${name} listens on ${replica.url} and takes its share; Ctrl-C removes it.`);
  stopAtTheEnd({ stop: () => replica.remove() });
}

await main(process.argv[2]).catch(notStarted);
