// Web sessions and sign-ins under way in Postgres, so that all replicas have them and an end is an end everywhere. All
// lifetimes are on the database's clock.
import { sql, type Database, type Transaction } from '@simplebank/chassis';
import { hashOf } from './sealed.ts';
import { signInSeconds } from './cookies.ts';

/** NIST SP 800-63B, section 4.2.3: signed in again after twelve hours at the latest, and after half an hour of nothing. */
const sessionSeconds = 12 * 3_600;
export const idleSeconds = 1_800;
/** A session is moved on at most once in so long: most requests only read. */
const touchSeconds = 60;
/** One beginning makes one record, so the tables do not grow. */
const forgottenAtATime = 100;

const columns = `customer_id as "customerId", tokens, token_expires_at as "tokenExpiresAt", version,
  coalesce(renewing_until > now(), false) as "isRenewing",
  idle_ends_at as "idleEndsAt", ends_at as "endsAt"`;
const insert = sql(
  'session.insert',
  `insert into web_session (id_hash, customer_id, tokens, token_expires_at, idle_ends_at, ends_at)
   values ($1, $2, $3, $4, now() + make_interval(secs => $5), now() + make_interval(secs => $6))`,
);
const find = sql(
  'session.find',
  `select ${columns}, idle_ends_at < least(ends_at, now() + make_interval(secs => $2)) as "isBehind"
   from web_session where id_hash = $1 and idle_ends_at > now()`,
);
const touch = sql(
  'session.touch',
  `update web_session set idle_ends_at = least(ends_at, now() + make_interval(secs => $2))
   where id_hash = $1 and idle_ends_at > now()`,
);
const claim = sql(
  'session.claim-renewal',
  `update web_session set renewing_until = now() + make_interval(secs => $2)
   where id_hash = $1 and version = $3 and idle_ends_at > now()
     and (renewing_until is null or renewing_until < now())
   returning version`,
);
const renew = sql(
  'session.renew',
  `update web_session set tokens = $3, token_expires_at = $4, version = version + 1, renewing_until = null
   where id_hash = $1 and version = $2 and idle_ends_at > now() returning version`,
);
const end = sql('session.end', 'delete from web_session where id_hash = $1 returning tokens');
const endVersion = sql(
  'session.end-version',
  'delete from web_session where id_hash = $1 and version = $2 returning version',
);
const forgetSessions = sql(
  'session.forget',
  `delete from web_session where id_hash in (select id_hash from web_session where idle_ends_at < now()
     order by idle_ends_at limit $1 for update skip locked)`,
);
const insertSignIn = sql(
  'session.insert-sign-in',
  `insert into web_sign_in (id_hash, checks, expires_at) values ($1, $2, now() + make_interval(secs => $3))`,
);
const takeSignIn = sql(
  'session.take-sign-in',
  'delete from web_sign_in where id_hash = $1 and expires_at > now() returning checks',
);
const forgetSignIns = sql(
  'session.forget-sign-ins',
  `delete from web_sign_in where id_hash in (select id_hash from web_sign_in where expires_at < now()
     order by expires_at limit $1 for update skip locked)`,
);

export interface SealedTokens {
  readonly tokens: Buffer;
  readonly tokenExpiresAt: Date;
}

export interface StoredSession extends SealedTokens {
  readonly customerId: string;
  /** Of the tokens. */
  readonly version: number;
  /** A process is about it, or was not answered a moment ago. */
  readonly isRenewing: boolean;
  readonly idleEndsAt: Date;
  readonly endsAt: Date;
}

export type SessionStore = ReturnType<typeof createSessionStore>;

export function createSessionStore(database: Database) {
  return {
    async begin(id: string, { customerId, tokens, tokenExpiresAt }: SealedTokens & { customerId: string }) {
      await database.query(forgetSessions, [forgottenAtATime]);
      const values = [hashOf(id), customerId, tokens, tokenExpiresAt, idleSeconds, sessionSeconds];
      await database.query(insert, values);
    },
    /** Undefined when there is none, or none any more. `isActive`: somebody is there, so that it does not end idle. */
    async find(id: string, { isActive }: { isActive: boolean }): Promise<StoredSession | undefined> {
      const values = [hashOf(id), idleSeconds - touchSeconds];
      const [row] = await database.query<StoredSession & { isBehind: boolean }>(find, values);
      if (row?.isBehind === true && isActive) await database.query(touch, [hashOf(id), idleSeconds]);
      return row;
    },
    /** Whether this process is now the one that renews these tokens, for so many seconds. */
    async claimRenewal(id: string, version: number, seconds: number): Promise<boolean> {
      return (await database.query(claim, [hashOf(id), seconds, version])).length > 0;
    },
    /** Whether the session was still there, with the tokens of this version, to take them. */
    async renew(id: string, version: number, { tokens, tokenExpiresAt }: SealedTokens): Promise<boolean> {
      return (await database.query(renew, [hashOf(id), version, tokens, tokenExpiresAt])).length > 0;
    },
    async end(id: string): Promise<void> {
      await database.query(end, [hashOf(id)]);
    },
    /** `write`: what else is written when the session ends by this, with its tokens. */
    async endWith<Written>(id: string, write: (tx: Transaction, tokens: Buffer) => Promise<Written>) {
      return database.transaction(async (tx) => {
        const [row] = await tx.query<{ tokens: Buffer }>(end, [hashOf(id)]);
        return row && write(tx, row.tokens);
      });
    },
    /** Whether it ended, which it does not when its tokens were renewed meanwhile. */
    async endVersion(id: string, version: number): Promise<boolean> {
      return (await database.query(endVersion, [hashOf(id), version])).length > 0;
    },
    async beginSignIn(id: string, checks: Buffer): Promise<void> {
      await database.query(forgetSignIns, [forgottenAtATime]);
      await database.query(insertSignIn, [hashOf(id), checks, signInSeconds]);
    },
    /** Each only once. */
    async takeSignIn(id: string): Promise<Buffer | undefined> {
      return (await database.query<{ checks: Buffer }>(takeSignIn, [hashOf(id)]))[0]?.checks;
    },
  };
}
