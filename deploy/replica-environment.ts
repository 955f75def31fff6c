// What a replica that this machine's launcher starts finds in its environment: the launcher's own, and the bank's
// secrets and addresses. In containers the platform gives the same names.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@simplebank/chassis';
import { services, type ServiceDescription, type ServiceName } from '../topology.ts';
import { sessionSecretOf, vapidSecretOf, webClientSecretOf, type Secrets } from './secrets.ts';

/** Compiled code of one process serves the next. */
const compileCache = fileURLToPath(new URL('../node_modules/.cache/node-compile', import.meta.url));

export interface ReplicaSurroundings {
  readonly dataDir: string;
  readonly environment: Environment;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string;
  readonly secrets: Secrets;
  readonly exchangePort: number;
}

export function replicaEnvironment(service: ServiceName, given: ReplicaSurroundings): Environment {
  const { edge = false }: ServiceDescription = services[service];
  return {
    NODE_COMPILE_CACHE: compileCache,
    SEED_DEMO: '1',
    IDENTITY_DATA_DIR: join(given.dataDir, 'identity'),
    EXCHANGE_HOST: '127.0.0.1',
    CURSOR_SECRET: given.secrets.cursor,
    BFF_WEB_CLIENT_SECRET: webClientSecretOf(given.secrets),
    SESSION_SECRET: sessionSecretOf(given.secrets),
    VAPID_SECRET: vapidSecretOf(given.secrets),
    ...given.environment,
    // These are the launcher's own, or would contradict what follows.
    HOST: undefined,
    ADVERTISE_URL: undefined,
    DATABASE_URL_FILE: undefined,
    REDIS_URL_FILE: undefined,
    EXCHANGE_PORT: String(given.exchangePort),
    SERVICE_TOKEN_SECRET: given.secrets.serviceToken,
    // The launcher's own DATABASE_URL is an administrator's and must not reach a service.
    DATABASE_URL: given.databaseUrl,
    REDIS_URL: given.redisUrl,
    DISCOVERY: 'redis',
    SHARED_PORT: edge && process.platform === 'linux' ? '1' : '0',
  };
}
