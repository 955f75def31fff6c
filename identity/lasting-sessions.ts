// The sessions of a customer that last, as the customer sees them, and their revocation: what the rows of sessions.ts and
// the records of openid-store.ts say together.
import { sql, type Database } from '@simplebank/chassis';
import { deleteGrant } from './openid-store.ts';
import type { Sessions } from './sessions.ts';

/** More devices than anybody has; the ones that were used last. */
const mostListed = 100;

// One lasts while its client holds a refresh token that would be taken: not of a grant that is over, and where it ends
// with the browser's session, not after that.
const list = sql(
  'session.list',
  `select s.id, s.client_id, s.device, s.started_at, s.last_used_at from session s
   where s.customer_id = $1 and s.ended_at is null and s.last_used_at is not null
     and exists (select from openid_record g where g.kind = 'Grant'
                 and g.id_hash = sha256(convert_to(s.id, 'UTF8')) and g.expires_at > now())
     and exists (select from openid_record r where r.grant_id = s.id and r.kind = 'RefreshToken'
                 and r.consumed_at is null and r.expires_at > now()
                 and (r.payload ->> 'expiresWithSession' is distinct from 'true'
                      or exists (select from openid_record b where b.kind = 'Session'
                                 and b.session_uid = r.payload ->> 'sessionUid' and b.expires_at > now())))
   order by s.last_used_at desc, s.id limit $2`,
);
// The browser itself would be let in again without a password. (A telephone's application never is.)
const deleteBrowserSession = sql(
  'session.delete-browser',
  `delete from openid_record where kind = 'Session' and session_uid in (
     select payload ->> 'sessionUid' from openid_record
     where grant_id = $1 and kind = 'RefreshToken' and payload ->> 'expiresWithSession' = 'true')`,
);

export interface LastingSession {
  readonly id: string;
  /** The client that signed in: `bff-web` or `bff-mobile`. */
  readonly client: string;
  readonly device: string;
  /** ISO 8601 in UTC, as `lastUsedAt`, which is when its newest access token was signed. */
  readonly startedAt: string;
  readonly lastUsedAt: string;
}

export interface LastingSessions {
  /** The one that was used last first. */
  of(customerId: string): Promise<readonly LastingSession[]>;
  /** False where the customer has no such session. */
  revoke(id: string, customerId: string): Promise<boolean>;
}

interface ListedRow {
  id: string;
  client_id: string;
  device: string;
  started_at: Date;
  last_used_at: Date;
}

export function createLastingSessions(database: Database, sessions: Sessions): LastingSessions {
  return {
    async of(customerId) {
      const rows = await database.query<ListedRow>(list, [customerId, mostListed]);
      return rows.map((row) => ({
        id: row.id,
        client: row.client_id,
        device: row.device,
        startedAt: row.started_at.toISOString(),
        lastUsedAt: row.last_used_at.toISOString(),
      }));
    },
    revoke: (id, customerId) =>
      sessions.endOf({ id, customerId }, async (tx) => {
        await tx.query(deleteBrowserSession, [id]);
        await deleteGrant(tx, id);
      }),
  };
}
