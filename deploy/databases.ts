// A database and a role for each service that keeps data, made by an administrator's role.
import { createHash, createHmac } from 'node:crypto';
import { ensureServiceDatabase } from '@simplebank/chassis';
import { services, type ServiceName } from '../topology.ts';

export interface Databases {
  /** Of a role that may create roles and databases. */
  readonly adminUrl: string;
  /** Each role's password is derived from it. */
  readonly secret: string;
  /** Databases that belong to no service, as the bus's own. */
  readonly others?: readonly string[];
}

/** Idempotent. The URL of each database by its service's name. */
export async function ensureDatabases(databases: Databases): Promise<Record<string, string>> {
  const { adminUrl, secret, others = [] } = databases;
  const names = Object.keys(services) as ServiceName[];
  const withDatabase = [...names.filter((name) => services[name].database), ...others];
  // Says which secret made the passwords, and tells nothing about it.
  const owner = `simplebank ${createHash('sha256').update(`owner ${secret}`).digest('hex').slice(0, 16)}`;
  const urls = await Promise.all(
    withDatabase.map(async (service) => {
      const password = createHmac('sha256', secret).update(service).digest('hex');
      return [service, await ensureServiceDatabase({ adminUrl, service, password, owner })] as const;
    }),
  );
  return Object.fromEntries(urls);
}
