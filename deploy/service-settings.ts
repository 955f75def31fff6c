// What the environment says about a service that runs as a process of its own.
import { z } from 'zod';
import { ConfigError, portSetting, readConfig, type Environment } from '@simplebank/chassis';
import { services, type ServiceDescription, type ServiceName } from '../topology.ts';
import { defaultIssuer } from './issuer.ts';
import { portSettingOf } from './start-fault.ts';

/** Signing with less would be guessable. */
const shortestSecret = 32;
/** Longer than the others need to notice that this replica has left: an entry's lease and one more look. */
const defaultDrainMs = 1_200;

/** Never says the text itself, which may hold a password. */
export const postgresUrlSetting = z.url({ protocol: /^postgres(ql)?$/, error: 'is no postgres:// URL' });
/** A cluster's has several hosts, which `new URL` does not read. */
export const redisUrlSetting = z.string().regex(/^rediss?(\+cluster)?:\/\/[^/]/, 'is no redis:// URL');

const settings = z.object({
  /** The address to listen on; 0.0.0.0 in a container. */
  HOST: z.string().default('127.0.0.1'),
  /** The service's own database. */
  DATABASE_URL: postgresUrlSetting.optional(),
  /** Carries the events, and the replicas' addresses unless they are found by DNS. */
  REDIS_URL: redisUrlSetting.optional(),
  /** Where the others reach this replica when it is not where it listens, as behind 0.0.0.0. */
  ADVERTISE_URL: z.url({ protocol: /^http$/, error: 'is no http:// URL' }).optional(),
  DISCOVERY: z.enum(['redis', 'dns']).default('redis'),
  SERVICE_TOKEN_SECRET: z
    .string({ error: 'is not set; it signs calls between services' })
    .min(shortestSecret, `has less than ${shortestSecret} characters`),
  ISSUER: z.string().default(defaultIssuer),
  /** How long a replica that has left still serves those who do not know it yet, in milliseconds. */
  DRAIN_MS: z.coerce.number().int().min(0).default(defaultDrainMs),
  /** Replicas that clients reach at one address share the port; the system spreads the connections (Linux). */
  SHARED_PORT: z.enum(['0', '1']).default('0'),
});

export interface ServiceSettings extends z.output<typeof settings> {
  readonly port: number;
  readonly needsBus: boolean;
}

/** Throws ConfigError. */
export function readServiceSettings(name: ServiceName, environment: Environment): ServiceSettings {
  const description: ServiceDescription = services[name];
  const read = readConfig(name, environment, settings);
  const portName = portSettingOf(name);
  const port = z.object({ [portName]: portSetting.default(description.port) });
  const { publishes, works = [], follows = [] } = description;
  const needsBus = publishes !== undefined || works.length + follows.length > 0;
  const missing = [
    ...(description.database && read.DATABASE_URL === undefined
      ? [`DATABASE_URL: ${name} keeps data and needs a database`]
      : []),
    ...((needsBus || read.DISCOVERY === 'redis') && read.REDIS_URL === undefined
      ? [`REDIS_URL: ${name} needs Redis for ${needsBus ? 'its events' : 'finding the other services'}`]
      : []),
  ];
  if (missing.length > 0) throw new ConfigError(name, missing);
  return { ...read, needsBus, port: Number(readConfig(name, environment, port)[portName]) };
}
