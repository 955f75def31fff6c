// Nobody guesses passwords one after the other: after a few wrong ones for a user name each next try has to wait, twice
// as long as the one before (NIST SP 800-63B, section 5.2.2). Once a name has failed, a try is counted before its
// password is looked at, so that of many at once, also at several replicas, one is.
import { createHash } from 'node:crypto';
import { PublicError, sql, type Database } from '@simplebank/chassis';
import { errorCodes } from '@simplebank/contracts';
import type { PasswordSignIn } from './customers.ts';

/** People mistype; the sixth wrong password in a row is the first that makes them wait. */
const freeFailures = 5;
/** A day has 96 such waits, and a customer who is locked out by a stranger's tries is in again within one. */
const longestWaitSeconds = 900;
/** Failures so long ago are forgotten. */
const memorySeconds = 86_400;
/** One try makes one record at most, so the table does not grow. */
const forgottenAtATime = 10;

/** As $1 is now known to have failed so often, it waits from the try after the free ones. */
const waitUntil = `now() + make_interval(secs =>
  case when known.failures < $2 then 0 else least($3, 2 ^ least(known.failures - $2, 20)) end)`;
/** Customers sign in at several places at once, so a name that has not failed is not counted. */
const claim = sql(
  'sign-in.claim',
  `with counted as (
     update failed_sign_in as known set failures = known.failures + 1, wait_until = ${waitUntil}
     where name_hash = $1 and wait_until <= now() returning 1)
   select exists (select from failed_sign_in where name_hash = $1) as "hasFailed",
     exists (select from counted) as "isCounted"`,
);
const fail = sql(
  'sign-in.fail',
  `insert into failed_sign_in as known (name_hash, failures, wait_until) values ($1, 1, now())
   on conflict (name_hash) do update set failures = known.failures + 1, wait_until = ${waitUntil}`,
);
const waitOf = sql(
  'sign-in.wait',
  `select ceil(extract(epoch from wait_until - now()))::int as seconds from failed_sign_in where name_hash = $1`,
);
const forget = sql('sign-in.forget', 'delete from failed_sign_in where name_hash = $1');
const forgetOld = sql(
  'sign-in.forget-old',
  `delete from failed_sign_in where name_hash in (
     select name_hash from failed_sign_in where wait_until < now() - make_interval(secs => $1)
     order by wait_until limit $2 for update skip locked)`,
);

interface Claim {
  readonly hasFailed: boolean;
  /** The name does not have to wait. */
  readonly isCounted: boolean;
}

/** Throws PublicError SIGN_IN_THROTTLED, whether or not there is such a user, and without a look at the password. */
export function limitGuesses(passwords: PasswordSignIn, database: Database): PasswordSignIn {
  return {
    async signIn(username, password) {
      const name = createHash('sha256').update(username).digest();
      await database.query(forgetOld, [memorySeconds, forgottenAtATime]);
      const bounds = [name, freeFailures, longestWaitSeconds];
      const [claimed] = await database.query<Claim>(claim, bounds);
      if (claimed?.hasFailed === true && !claimed.isCounted) throw await refusal(database, name);
      const grants = await passwords.signIn(username, password);
      if (grants !== undefined) await database.query(forget, [name]);
      else if (claimed?.hasFailed !== true) await database.query(fail, bounds);
      return grants;
    },
  };
}

async function refusal(database: Database, name: Buffer): Promise<PublicError> {
  const [row] = await database.query<{ seconds: number }>(waitOf, [name]);
  const seconds = Math.max(1, row?.seconds ?? 1);
  const message = `${errorCodes.SIGN_IN_THROTTLED.message} Try again in ${seconds} s.`;
  return new PublicError({ code: 'SIGN_IN_THROTTLED', message });
}
