// Makes the role and the database of one service when they are missing. Each service has its own pair, and
// its role can open no other service's database: what belongs to a service is reached through the service.

import pg from 'pg';
import { strict as assert } from 'node:assert';

/** Any constant will do; all starts on one server share it, so that roles and databases are made once. */
const SERVICE_DATABASE_LOCK = 4_901_300_002;
const CONNECTION_TIMEOUT_MS = 10_000;
/** CREATE DATABASE copies a template and may wait for its users; other statements take milliseconds. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** PostgreSQL's limit for names is 63 bytes. */
const SERVICE_NAME = /^[a-z][a-z0-9_]{0,62}$/;

export interface ServiceDatabase {
  /** A role that may create roles and databases; its database is only used to connect. */
  readonly adminUrl: string;
  /** Name of the role and of the database; a hyphen becomes an underscore. */
  readonly service: string;
  /** Set at each call, so that a changed password takes effect. */
  readonly password: string;
  /** Names the bank that the database is made for; without it whoever knows the administrator may have it. */
  readonly owner?: string;
}

/** Idempotent and safe when many processes call it at once. Returns the URL for the service's own role. */
export async function ensureServiceDatabase({
  adminUrl,
  service,
  password,
  owner,
}: ServiceDatabase): Promise<string> {
  const name = service.replaceAll('-', '_');
  assert(SERVICE_NAME.test(name), `not a name for a database: ${service}`);
  const client = new pg.Client({
    connectionString: adminUrl,
    application_name: 'ensure-service-database',
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // The statement that runs reports the loss.
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [SERVICE_DATABASE_LOCK]);
    if (owner !== undefined) await refuseForeign(client, name, owner);
    await ensureRole(client, name, password);
    await ensureDatabase(client, name);
    if (owner !== undefined) await claim(client, name, owner);
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.username = name;
  url.password = encodeURIComponent(password);
  url.pathname = `/${name}`;
  return url.href;
}

/** A second bank on one server would change the passwords under the first one. */
async function refuseForeign(client: pg.Client, name: string, owner: string): Promise<void> {
  const { rows } = await client.query<{ owner: string | null }>(
    `select shobj_description(oid, 'pg_database') as owner from pg_database where datname = $1`,
    [name],
  );
  const found = rows[0]?.owner ?? owner;
  if (found === owner) return;
  throw new Error(`the database ${name} on this server belongs to another bank, with another data folder`);
}

async function claim(client: pg.Client, name: string, owner: string): Promise<void> {
  await client.query(`comment on database ${pg.escapeIdentifier(name)} is ${pg.escapeLiteral(owner)}`);
}

async function ensureRole(client: pg.Client, name: string, password: string): Promise<void> {
  const role = pg.escapeIdentifier(name);
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name]);
  if (rowCount === 0) {
    await client.query(`create role ${role} login nosuperuser nocreatedb nocreaterole noreplication`);
    // A hosted administrator is no superuser and must be a member of the role to give it a database.
    await client.query(`grant ${role} to current_user`);
  }
  await client.query(`alter role ${role} password ${pg.escapeLiteral(password)}`);
}

async function ensureDatabase(client: pg.Client, name: string): Promise<void> {
  const database = pg.escapeIdentifier(name);
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
  // template0 because it never has sessions, which would make CREATE DATABASE fail.
  if (rowCount === 0) await client.query(`create database ${database} owner ${database} template template0`);
  // Repeated each time: a start that was killed after CREATE DATABASE must not leave it open to all roles.
  await client.query(`revoke all on database ${database} from public`);
}
