// Sessions: what the grants of the OpenID provider are to customers. A session begins with a sign-in, is used by each
// access token that is signed for it, and ends once; its end is an event, since tokens that live are refused by it.
import { currentContext, newCorrelationId, sql, type Database, type Transaction } from '@simplebank/chassis';
import type { SessionEventData } from '@simplebank/contracts';
import { appendToOutbox, uuidv7, type EventEnvelope } from '@simplebank/events';

/** A sign-in begins fewer sessions than its start takes away, so the table does not grow. */
const forgottenAtATime = 100;
/** No token of a session lives so long after its last use: longer than a grant may last. */
const forgottenAfterDays = 91;

const begin = sql(
  'session.begin',
  `insert into session (id, customer_id, client_id, device) values ($1, $2, $3, $4)
   on conflict (id) do update set device = excluded.device`,
);
// One that began before sessions were recorded begins with its next token.
const use = sql(
  'session.use',
  `insert into session (id, customer_id, client_id, last_used_at) values ($1, $2, $3, now())
   on conflict (id) do update set last_used_at = now() where session.ended_at is null
   returning id`,
);
const ended = sql('session.ended', 'select id from session where id = $1 and ended_at is not null');
const end = sql(
  'session.end',
  `update session set ended_at = now()
   where id = $1 and ended_at is null and ($2::text is null or customer_id = $2) returning customer_id`,
);
const forget = sql(
  'session.forget',
  `delete from session where id in (
     select id from session where coalesce(last_used_at, started_at) < now() - make_interval(days => $1)
     limit $2 for update skip locked)`,
);

export interface Session {
  readonly id: string;
  readonly customerId: string;
  readonly clientId: string;
}

export interface Sessions {
  begin(session: Session & { readonly device: string }): Promise<void>;
  /** Notes that a token is signed for it; false when it has ended. */
  use(session: Session): Promise<boolean>;
  hasEnded(id: string): Promise<boolean>;
  /** Once; what else ends with it is deleted in the same transaction, whether the session is known or not. */
  end(id: string, alsoEnd: (tx: Transaction) => Promise<unknown>): Promise<void>;
  /** As `end`, but false, and nothing is deleted, where the customer has no such session that has not ended. */
  endOf(
    session: Pick<Session, 'id' | 'customerId'>,
    alsoEnd: (tx: Transaction) => Promise<unknown>,
  ): Promise<boolean>;
}

/** `onEvents` is told after each commit that wrote to the outbox. */
export function createSessions(database: Database, onEvents: () => void): Sessions {
  return {
    async begin({ id, customerId, clientId, device }) {
      await database.query(forget, [forgottenAfterDays, forgottenAtATime]);
      await database.query(begin, [id, customerId, clientId, device]);
    },
    async use({ id, customerId, clientId }) {
      return (await database.query(use, [id, customerId, clientId])).length > 0;
    },
    async hasEnded(id) {
      return (await database.query(ended, [id])).length > 0;
    },
    async end(id, alsoEnd) {
      await database.transaction(async (tx) => {
        await endIn(tx, id, null);
        await alsoEnd(tx);
      });
      onEvents();
    },
    async endOf({ id, customerId }, alsoEnd) {
      const isEnded = await database.transaction(async (tx) => {
        const isTheirs = await endIn(tx, id, customerId);
        if (isTheirs) await alsoEnd(tx);
        return isTheirs;
      });
      onEvents();
      return isEnded;
    },
  };
}

async function endIn(tx: Transaction, id: string, customerId: string | null): Promise<boolean> {
  const [row] = await tx.query<{ customer_id: string }>(end, [id, customerId]);
  if (row === undefined) return false;
  await appendToOutbox(tx, [eventOfEnd(id, { customerId: row.customer_id })]);
  return true;
}

function eventOfEnd(id: string, data: SessionEventData<'SessionEnded'>): EventEnvelope {
  const context = currentContext();
  return {
    id: uuidv7(),
    type: 'SessionEnded',
    version: 1,
    source: 'identity',
    aggregateId: id,
    sequence: 1,
    correlationId: context?.correlationId ?? newCorrelationId(),
    causationId: null,
    traceparent: context?.traceparent ?? null,
    occurredAt: new Date().toISOString(),
    data,
  };
}
