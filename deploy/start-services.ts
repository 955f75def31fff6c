// `npm run start:services`: the bank as one process a replica of each service, on the Postgres at DATABASE_URL (an
// administrator's) and the Redis at REDIS_URL. REPLICAS_<SERVICE> says how many. Ctrl-C stops all of it.
import { z } from 'zod';
import { readConfig, standardDataDirs, type Environment } from '@simplebank/chassis';
import { services, type ServiceName } from '../topology.ts';
import { notStarted, readyText, stopAtTheEnd } from './foreground.ts';
import { postgresUrlSetting, redisUrlSetting } from './service-settings.ts';
import { startServices, type ServicesBank } from './services-bank.ts';

/** Of one service at the start: a slip of the hand must not fill the machine with processes. */
const mostReplicas = 16;

const names = Object.keys(services) as ServiceName[];
const replicasSettingOf = (name: string) => `REPLICAS_${name.toUpperCase().replaceAll('-', '_')}`;
const count = z.coerce.number().int().min(1).max(mostReplicas).default(1);

const urls = z.object({
  DATABASE_URL: z
    .string({ error: 'the URL of a Postgres role that may create roles and databases' })
    .pipe(postgresUrlSetting),
  REDIS_URL: z.string({ error: 'the URL of a Redis, as redis://127.0.0.1:6379' }).pipe(redisUrlSetting),
});
const counts = z.object(Object.fromEntries(names.map((name) => [replicasSettingOf(name), count])));

async function start(environment: Environment): Promise<{ bank: ServicesBank; redisUrl: string }> {
  const { DATABASE_URL: adminDatabaseUrl, REDIS_URL: redisUrl } = readConfig('the bank', environment, urls);
  const read = readConfig('the bank', environment, counts);
  const replicas = Object.fromEntries(names.map((name) => [name, read[replicasSettingOf(name)] ?? 1]));
  const dataDir = environment['DATA_DIR'] ?? standardDataDirs[1];
  const bank = await startServices({ dataDir, environment, adminDatabaseUrl, redisUrl, replicas });
  return { bank, redisUrl };
}

const startedAt = performance.now();
const { bank, redisUrl } = await start(process.env).catch(notStarted);
// Without a password; a cluster's several hosts are nothing that `new URL` reads.
const host = redisUrl.replace(/^.*:\/\/(.*@)?/, '').replace(/[/?].*$/, '');
const processes = bank.replicas().length;
const beside = [['redis', host, `events, and where the ${processes} replicas are`]] as const;
const hints = ['One more replica, in another terminal:  npm run replica -- orders'];
console.log(readyText(bank, { startedAt, beside, hints }));
stopAtTheEnd(bank);
