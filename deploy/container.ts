// What a container of each service is given: arguments, port, settings and secrets, derived from the topology. The
// Kubernetes manifests are generated from it, and a test holds docker-compose.yml to it.
import { services, type ServiceDescription, type ServiceName } from '../topology.ts';

/** Where every container finds its secrets, one file each. */
export const secretsFolder = '/run/secrets';

/** Not root, and nobody else's number. */
export const containerUser = 10_001;

export interface Container {
  /** Arguments of the image's `node`. */
  readonly arguments: readonly string[];
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Which secret (a file's name) each secret setting is read from. */
  readonly secrets: Readonly<Record<string, string>>;
}

export const serviceNames = Object.keys(services) as ServiceName[];

export const servicesWithDatabase = serviceNames.filter((name) => services[name].database);

/** `database-url-orders` holds what orders reads as DATABASE_URL. */
export function databaseSecretOf(service: string): string {
  return `database-url-${service}`;
}

/** DATABASE_URL_ORDERS, as provision reads it. */
export function databaseSettingOf(service: string): string {
  return `DATABASE_URL_${service.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * What a BFF needs on Kubernetes besides: whoever reaches it there is the ingress or within the cluster, so it believes
 * private addresses whom they name as their client, and can limit what each one asks. In compose all come from one.
 */
export function clusterSettingsOf(name: ServiceName): Record<string, string> {
  return name.startsWith('bff-')
    ? { TRUSTED_PROXIES: '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7', RATE_LIMIT_PER_ADDRESS: '1000' }
    : {};
}

/** What people need, at each replica; the defaults are made for loads of tests, which come as a handful of them. */
const perCustomer = {
  RATE_LIMIT_PER_CUSTOMER: '500',
  RATE_LIMIT_PER_DEVICE: '250',
  LIVE_CONNECTIONS_PER_CUSTOMER: '50',
  LIVE_SUBSCRIPTIONS_PER_CUSTOMER: '500',
};

export function containerOf(name: ServiceName): Container {
  const { port, database, publishes, works = [], follows = [] }: ServiceDescription = services[name];
  const needsBus = publishes !== undefined || works.length + follows.length > 0;
  return {
    arguments: ['deploy/service-process.ts', name],
    port,
    settings: {
      HOST: '0.0.0.0',
      DISCOVERY: 'dns',
      ...(name === 'identity' ? { IDENTITY_DATA_DIR: secretsFolder } : {}),
      ...(name === 'market' ? { EXCHANGE_HOST: 'exchange' } : {}),
      // Production need not show its schema.
      ...(name === 'gateway' ? { INTROSPECTION: '0' } : {}),
      // Browsers only, by their sessions.
      ...(name === 'bff-web' ? { ACCEPT_TOKENS: '0' } : {}),
      // Nor run what its own applications do not ask; and where no proxy is trusted all clients have its address.
      ...(name.startsWith('bff-')
        ? { TRUSTED_DOCUMENTS_ONLY: '1', RATE_LIMIT_PER_ADDRESS: '0', ...perCustomer }
        : {}),
    },
    secrets: {
      SERVICE_TOKEN_SECRET: 'service-token-secret',
      ...(database ? { DATABASE_URL: databaseSecretOf(name) } : {}),
      ...(needsBus ? { REDIS_URL: 'redis-url' } : {}),
      // The web BFF proves by it to identity who it is.
      ...(name === 'identity' || name === 'bff-web'
        ? { BFF_WEB_CLIENT_SECRET: 'bff-web-client-secret' }
        : {}),
      // It seals the tokens of browsers' sessions.
      ...(name === 'bff-web' ? { SESSION_SECRET: 'session-secret' } : {}),
      // Who follows a stream serves subscriptions, which resume by signed cursors.
      ...(follows.length > 0 ? { CURSOR_SECRET: 'cursor-secret' } : {}),
      // It signs pushes to phones.
      ...(name === 'bff-mobile' ? { VAPID_SECRET: 'vapid-secret' } : {}),
    },
  };
}

/** The one-shot job that makes roles and databases. */
export function provisionSecrets(): Record<string, string> {
  return {
    ADMIN_DATABASE_URL: 'admin-database-url',
    ...Object.fromEntries(
      servicesWithDatabase.map((name) => [databaseSettingOf(name), databaseSecretOf(name)] as const),
    ),
  };
}

/** Identity reads its key by the file's own name. */
export const signingKeySecret = 'signing-key.json';

/** `DATABASE_URL` is read from the file that `DATABASE_URL_FILE` names. */
export function secretSettings(secrets: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).map(([setting, secret]) => [`${setting}_FILE`, `${secretsFolder}/${secret}`]),
  );
}
