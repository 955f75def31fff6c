// Holds a service's tables locked, so that the service runs but answers nobody in time: the way to see what the
// bank does while a part of it is slow.
import pg from 'pg';

export interface LockedDatabase extends AsyncDisposable {
  release(): Promise<void>;
}

/** `databaseUrl` is the service's own: the owner of tables may lock them. */
export async function lockTables(databaseUrl: string): Promise<LockedDatabase> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  let released = false;
  const release = async () => {
    if (released) return;
    released = true;
    await client.query('rollback');
    await client.end();
  };
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name
       from pg_tables where tableowner = current_user`,
  );
  await client.query('begin');
  await client.query(`lock table ${rows.map(({ name }) => name).join(', ')} in access exclusive mode`);
  return { release, [Symbol.asyncDispose]: release };
}
