// Sign-ins that are to end at the OpenID provider because their session has ended here. Each is kept in Postgres from the
// moment of that end until the provider knows, so that neither an outage nor the death of a process leaves a refresh token
// good, nor those signed in whom only the provider tells of the end.
import { sql, type Database, type Logger, type Queryable } from '@simplebank/chassis';
import { SignInRefused, type OpenIdSignIn } from './openid-sign-in.ts';
import { newId, type Seal } from './sealed.ts';

/** Longer than an attempt may take, so that no two run at once; doubled after each, up to an hour. */
const firstPauseSeconds = 10;
const longestPauseSeconds = 3_600;
/** Over some twelve hours, which is as long as a session may last. */
const mostAttempts = 20;
/** Each is a call to the provider, which has come back a moment ago. */
const atOnce = 10;
/** One look at an index, by each process. */
const lookEveryMs = 1_000;

const insert = sql(
  'revocation.insert',
  `insert into web_revocation (id, refresh, attempts, due_at)
   values ($1, $2, 1, now() + make_interval(secs => $3))`,
);
const takeDue = sql(
  'revocation.take-due',
  `update web_revocation set attempts = attempts + 1,
     due_at = now() + make_interval(secs => least($2::float8, $3::float8 * power(2, attempts)))
   where id in (select id from web_revocation where due_at <= now() order by due_at limit $1 for update skip locked)
   returning id, refresh, attempts`,
);
const remove = sql('revocation.remove', 'delete from web_revocation where id = $1');

export interface Revocation {
  readonly id: string;
  /** The refresh token, sealed. */
  readonly refresh: Buffer;
  readonly attempts: number;
}

export interface RevocationsOptions {
  readonly database: Database;
  readonly seal: Seal<string>;
  readonly signIn: Pick<OpenIdSignIn, 'revoke'>;
  readonly log: Logger;
}

export class Revocations {
  readonly #options: RevocationsOptions;

  constructor(options: RevocationsOptions) {
    this.#options = options;
  }

  /** With whatever else is written; to be carried out by whoever wrote it, or later by any process. */
  async keep(tx: Queryable, refreshToken: string): Promise<Revocation> {
    const id = newId();
    const refresh = this.#options.seal.seal(id, refreshToken);
    await tx.query(insert, [id, refresh, firstPauseSeconds]);
    return { id, refresh, attempts: 1 };
  }

  async add(refreshToken: string): Promise<void> {
    await this.carryOut(await this.keep(this.#options.database, refreshToken));
  }

  /** Never throws: what fails is tried again. */
  async carryOut({ id, refresh, attempts }: Revocation): Promise<void> {
    const { database, seal, signIn, log } = this.#options;
    try {
      // Undefined after a change of the secret: then nobody can read it any more.
      const token = seal.open(id, refresh);
      if (token !== undefined) await signIn.revoke(token).catch(unlessRefused);
      await database.query(remove, [id]);
    } catch (fault) {
      if (attempts < mostAttempts)
        return log.warn({ err: fault, attempts }, 'a sign-in could not be ended at the OpenID provider yet');
      log.error({ err: fault, attempts }, 'a sign-in was not ended at the OpenID provider, and is given up');
      await database.query(remove, [id]);
    }
  }

  /** Carries out some of those that are due; how long to wait until the next look. */
  async carryOutDue(): Promise<number> {
    const values = [atOnce, longestPauseSeconds, firstPauseSeconds];
    const due = await this.#options.database.query<Revocation>(takeDue, values);
    await Promise.all(due.map((revocation) => this.carryOut(revocation)));
    return due.length === atOnce ? 0 : lookEveryMs;
  }
}

/** The provider knows the token no more. */
function unlessRefused(fault: unknown): void {
  if (!(fault instanceof SignInRefused)) throw fault;
}
