// What two replicas do to one record at the same moment, which whole sign-ins hit too seldom to test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors } from 'oidc-provider';
import type { Database } from '@simplebank/chassis';
import { eventsMigrations } from '@simplebank/events';
import { testDatabase, until } from '@simplebank/testkit';
import { createOpenIdStore } from './openid-store.ts';
import { createSessions } from './sessions.ts';

const migrations = [eventsMigrations, new URL('./migrations/', import.meta.url)];
const storeOf = (db: Database) =>
  createOpenIdStore(
    db,
    createSessions(db, () => undefined),
  );

test('of those that consume one code at once one succeeds, and the grant is over', async () => {
  await using database = await testDatabase({ migrations });
  const { adapter } = storeOf(database.db);
  const [grants, codes] = [adapter('Grant'), adapter('AuthorizationCode')];
  await grants.upsert('grant', { jti: 'grant' }, 60);
  await codes.upsert('code', { jti: 'code', grantId: 'grant' }, 60);
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => codes.consume('code')));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 4);
  for (const { reason } of refused) assert(reason instanceof errors.InvalidGrant);
  assert.deepEqual([await grants.find('grant'), await codes.find('code')], [undefined, undefined]);
});

test('of the successors of one refresh token that are consumed at once one is, and the grant is over', async () => {
  await using database = await testDatabase({ migrations });
  const { adapter } = storeOf(database.db);
  const tokens = adapter('RefreshToken');
  for (const id of ['one', 'two']) await tokens.upsert(id, { jti: id, grantId: 'grant' }, 60);
  const text = `update openid_record set predecessor_hash = sha256('predecessor')`;
  await database.db.query({ name: 'test.successors', text });
  const waiting = async () => {
    const count = `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return (await database.db.query<{ count: number }>({ name: 'test.waiting', text: count }))[0]?.count;
  };
  let settled = 0;
  const consume = (id: string) => tokens.consume(id).finally(() => (settled += 1));
  const results = await database.db
    .transaction(async (tx) => {
      const lock = `select kind from openid_record where id_hash = sha256('one') for update`;
      await tx.query({ name: 'test.lock', text: lock });
      const one = consume('one');
      await until('the first is about it', async () => (await waiting()) === 1);
      const two = consume('two');
      await until('the second is as well', async () => settled === 1 || (await waiting()) === 2);
      return [one, two];
    })
    .then((both) => Promise.allSettled(both));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  for (const id of ['one', 'two']) assert.equal(await tokens.find(id), undefined);
});

test('the start of a sign-in takes away what has expired, and nothing else', async () => {
  await using database = await testDatabase({ migrations });
  const { adapter } = storeOf(database.db);
  const [interactions, tokens] = [adapter('Interaction'), adapter('RefreshToken')];
  await tokens.upsert('old', { jti: 'old' }, -1);
  await tokens.upsert('valid', { jti: 'valid' }, 60);
  assert.equal(await tokens.find('old'), undefined);
  await interactions.upsert('sign-in', { jti: 'sign-in' }, 60);
  const rows = await database.db.query({ name: 'test.rows', text: 'select kind from openid_record' });
  assert.equal(rows.length, 2);
  assert.equal((await tokens.find('valid'))?.jti, 'valid');
});
