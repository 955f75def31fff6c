// Makes a role and a database for each service that keeps data, as its own URL says: a one-shot job that an
// administrator's role runs before the services start, and again whenever a password or the topology has changed.
import { ConfigError, ensureServiceDatabase, readSecretFiles, type Environment } from '@simplebank/chassis';
import { databaseSettingOf, servicesWithDatabase } from './container.ts';

interface Wanted {
  readonly service: string;
  readonly password: string;
}

/** Idempotent. Returns the services whose databases are there now; throws ConfigError before anything is made. */
export async function provision(
  environment: Environment,
  names: readonly string[] = servicesWithDatabase,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const adminUrl = urlOf(environment, 'ADMIN_DATABASE_URL', problems);
  const wanted = names.flatMap((service) => wantedOf(environment, service, problems));
  if (adminUrl === undefined || problems.length > 0) throw new ConfigError('provision', problems);
  // One after the other: they take the same lock on the server anyway.
  for (const { service, password } of wanted) {
    await ensureServiceDatabase({ adminUrl: adminUrl.href, service, password });
  }
  return wanted.map(({ service }) => service);
}

/** A URL of another role or database would make what the service then does not find. */
function wantedOf(environment: Environment, service: string, problems: string[]): Wanted[] {
  const setting = databaseSettingOf(service);
  const url = urlOf(environment, setting, problems);
  if (url === undefined) return [];
  const name = service.replaceAll('-', '_');
  if (url.username !== name) problems.push(`${setting}: its user must be ${name}`);
  if (url.pathname !== `/${name}`) problems.push(`${setting}: its database must be ${name}`);
  if (url.password === '') problems.push(`${setting}: it has no password`);
  return [{ service, password: passwordOf(url) }];
}

/** `new URL` leaves a lone % as it is, which no decoding accepts. */
function passwordOf({ password }: URL): string {
  try {
    return decodeURIComponent(password);
  } catch {
    return password;
  }
}

function urlOf(environment: Environment, setting: string, problems: string[]): URL | undefined {
  const text = environment[setting] ?? '';
  const url = URL.parse(text);
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return url;
  // The text itself may hold a password and is not repeated.
  problems.push(`${setting}: ${text === '' ? 'is not set' : 'is no postgres:// URL'}`);
  return undefined;
}

if (import.meta.main) {
  try {
    const done = await provision(readSecretFiles(process.env));
    console.log(`databases are there: ${done.join(', ')}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
