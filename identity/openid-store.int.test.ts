// What two replicas do to one record at the same moment, which whole sign-ins hit too seldom to test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errors } from 'oidc-provider';
import type { Database } from '@simplebank/chassis';
import { eventsMigrations } from '@simplebank/events';
import { testDatabase } from '@simplebank/testkit';
import { createOpenIdStore } from './openid-store.ts';
import { createSessions } from './sessions.ts';

const migrations = [eventsMigrations, new URL('./migrations/', import.meta.url)];
const storeOf = (db: Database) =>
  createOpenIdStore(
    db,
    createSessions(db, () => undefined),
  );

test('of those that consume one token at once one succeeds, and the grant is over', async () => {
  await using database = await testDatabase({ migrations });
  const { adapter } = storeOf(database.db);
  const [grants, tokens] = [adapter('Grant'), adapter('RefreshToken')];
  await grants.upsert('grant', { jti: 'grant' }, 60);
  await tokens.upsert('token', { jti: 'token', grantId: 'grant' }, 60);
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => tokens.consume('token')));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 4);
  for (const { reason } of refused) assert(reason instanceof errors.InvalidGrant);
  assert.deepEqual([await grants.find('grant'), await tokens.find('token')], [undefined, undefined]);
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
