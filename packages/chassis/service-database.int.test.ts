// A database and a role per service: made once, and closed to the other services.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { testDatabase } from '@simplebank/testkit';
import { sql } from './database.ts';
import { openDatabase } from './open-database.ts';
import { ensureServiceDatabase } from './service-database.ts';

const whoAmI = sql(
  'test.who',
  `select current_user::text as role, current_database()::text as database, rolsuper as super,
          rolcreatedb or rolcreaterole as creates from pg_roles where rolname = current_user`,
);

/** Names of its own, because roles belong to the whole server that other tests use too. */
async function twoServices(): Promise<AsyncDisposable & { adminUrl: string; names: [string, string] }> {
  const admin = await testDatabase();
  const suffix = randomBytes(6).toString('hex');
  const names: [string, string] = [`orders_${suffix}`, `fees_${suffix}`];
  return {
    adminUrl: admin.url,
    names,
    async [Symbol.asyncDispose]() {
      for (const name of names) {
        await admin.db.query(sql(`drop.${name}`, `drop database if exists ${name} with (force)`));
        await admin.db.query(sql(`drop.role.${name}`, `drop role if exists ${name}`));
      }
      await admin[Symbol.asyncDispose]();
    },
  };
}

test('a service gets a database that it owns and a role without privileges', async () => {
  await using given = await twoServices();
  const [service] = given.names;
  const url = await ensureServiceDatabase({ adminUrl: given.adminUrl, service, password: 'p@ss/w:rd %' });
  const db = openDatabase({ url, service });
  assert.deepEqual(await db.query(whoAmI), [
    { role: service, database: service, super: false, creates: false },
  ]);
  await db.query(sql('test.own', 'create table mine (id int)'));
  await db.close();
});

test('calling it again, also many times at once, changes nothing but the password', async () => {
  await using given = await twoServices();
  const [service] = given.names;
  const call = (password: string): Promise<string> =>
    ensureServiceDatabase({ adminUrl: given.adminUrl, service, password });
  const urls = await Promise.all([1, 2, 3, 4, 5].map(() => call('first')));
  assert.equal(new Set(urls).size, 1);
  const db = openDatabase({ url: await call('second'), service });
  assert.equal((await db.query(whoAmI)).length, 1);
  await db.close();
  const old = openDatabase({ url: urls[0] ?? '', service });
  await assert.rejects(old.query(whoAmI), { code: '28P01' });
  await old.close();
});

test("a service's role can open no other service's database", async () => {
  await using given = await twoServices();
  const [orders, fees] = given.names;
  const url = new URL(
    await ensureServiceDatabase({ adminUrl: given.adminUrl, service: orders, password: 'a' }),
  );
  await ensureServiceDatabase({ adminUrl: given.adminUrl, service: fees, password: 'b' });
  url.pathname = `/${fees}`;
  const intruder = openDatabase({ url: url.href, service: orders });
  await assert.rejects(intruder.query(whoAmI), { code: '42501' });
  await intruder.close();
});

test('a name that would need quoting is a bug', async () => {
  const call = ensureServiceDatabase({
    adminUrl: 'postgres://127.0.0.1:1/none',
    service: 'Robert"; drop',
    password: 'x',
  });
  await assert.rejects(call, /not a name for a database/);
});

test('a database of one bank is refused to another, and its password stays', async () => {
  await using given = await twoServices();
  const [service] = given.names;
  const { adminUrl } = given;
  const url = await ensureServiceDatabase({ adminUrl, service, password: 'first', owner: 'bank 1' });
  await assert.rejects(
    ensureServiceDatabase({ adminUrl, service, password: 'second', owner: 'bank 2' }),
    /belongs to another bank/,
  );
  assert.equal(await ensureServiceDatabase({ adminUrl, service, password: 'first', owner: 'bank 1' }), url);
  const db = openDatabase({ url, service });
  assert.equal((await db.query(whoAmI)).length, 1);
  await db.close();
});
