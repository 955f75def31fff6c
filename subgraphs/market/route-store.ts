// Routes and executions in Postgres: taken, locked, changed, and claimed for sending.
import { sql, type Database, type Queryable, type Transaction } from '@simplebank/chassis';
import { priceOf, quantityOf } from '@simplebank/money';
import type { Execution, Route, RouteState, RouteTerms } from './domain/route.ts';

/** A route with what its owner needs besides: the number of its newest event and the context it came in. */
export interface RouteRecord {
  readonly route: Route;
  readonly sequence: number;
  readonly correlationId: string;
  readonly traceparent: string;
}

/** What is due to be sent: it has been recorded as sent already. */
export interface DueRoute extends RouteRecord {
  /** How it stood before the claim: NEW wants the order itself, SENT a question, ACKNOWLEDGED a cancel or a question. */
  readonly was: RouteState['kind'];
  /** Its status was to be asked. */
  readonly asked: boolean;
  readonly cancelSends: number;
}

export interface ExecutionRow {
  readonly terms: RouteTerms;
  readonly execution: Execution;
}

interface RouteRow {
  order_id: string;
  account_id: string;
  symbol: string;
  side: 'BUY' | 'SELL';
  order_type: 'MARKET' | 'LIMIT';
  time_in_force: 'DAY' | 'IOC';
  quantity_nanos: bigint;
  limit_micros: bigint | null;
  state: RouteState['kind'];
  outcome: 'FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED' | null;
  sends: number;
  doubted: boolean;
  cancel: 'NONE' | 'WANTED' | 'REFUSED';
  cumulative_nanos: bigint;
  unknowns: number;
  sequence: number;
  correlation_id: string;
  traceparent: string;
}

const columns = (of: string) =>
  `order_id account_id symbol side order_type time_in_force quantity_nanos limit_micros state outcome sends
   doubted cancel cumulative_nanos unknowns sequence correlation_id traceparent`
    .split(/\s+/)
    .map((column) => `${of}.${column}`)
    .join(', ');

const insert = sql(
  'route.insert',
  `insert into route (order_id, account_id, symbol, side, order_type, time_in_force, quantity_nanos, limit_micros,
     correlation_id, traceparent)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (order_id) do nothing returning order_id`,
);
const byId = sql('route.by-id', `select ${columns('r')} from route r where r.order_id = $1`);

// Whoever writes events of orders locks their rows first, always in this order.
const locked = sql(
  'route.locked',
  `select ${columns('r')} from route r where r.order_id = any($1) order by r.order_id for update`,
);
const update = sql(
  'route.update',
  `update route r set state = c.state, outcome = c.outcome, doubted = c.doubted, cancel = c.cancel,
     cumulative_nanos = c.cumulative, unknowns = c.unknowns, sequence = c.sequence,
     -- Whether the exchange has really lost it shows in more answers.
     ask = r.ask or c.unknowns > r.unknowns,
     -- A cancel that has just become possible is due at once.
     contacted_at = case when c.cancel = 'WANTED' and (r.cancel <> 'WANTED' or r.state <> c.state)
       then '-infinity' else r.contacted_at end,
     done_at = case when c.state = 'DONE' then coalesce(r.done_at, now()) end
   from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::bigint[], $7::int[],
     $8::int[]) as c (order_id, state, outcome, doubted, cancel, cumulative, unknowns, sequence)
   where r.order_id = c.order_id`,
);
const knownExecutions = sql('execution.known', 'select id from execution where id = any($1)');
const insertExecutions = sql(
  'execution.insert',
  `insert into execution (id, order_id, account_id, symbol, side, quantity_nanos, price_micros, executed_at)
   select id, order_id, account_id, symbol, side, quantity, price, to_timestamp(at_ms / 1000.0)
   from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[])
     with ordinality as e (id, order_id, account_id, symbol, side, quantity, price, at_ms, ordinal)
   order by ordinal`,
);

// Recorded before anything leaves, so that after a crash we know what may be at the exchange. An order in state SENT
// is never sent, only asked for, less and less often, and so is a cancel. What only wants a question comes last.
// Skips what is locked: it comes with the next claim.
const claim = sql(
  'route.claim',
  `with due as (
     select order_id from route
     where (state in ('NEW', 'SENT') or (state = 'ACKNOWLEDGED' and (cancel = 'WANTED' or ask)))
       and (state = 'NEW' or contacted_at < clock_timestamp() - interval '1 millisecond' *
         case
           when state = 'SENT'
             then greatest($2, least($4, extract(epoch from clock_timestamp() - sent_at) * 1000 / 2))
           when ask then $2
           else greatest($2, least($4, $2 * power(2::numeric, least(cancel_sends - 1, 10)))) end)
       and exists (select from fix_session s where s.owner = $1 and s.lease_expires_at > clock_timestamp())
     order by state = 'ACKNOWLEDGED' and cancel <> 'WANTED', position limit $3 for update skip locked
   )
   update route r set
     state = case r.state when 'NEW' then 'SENT' else r.state end,
     sends = r.sends + (r.state = 'NEW')::int,
     sent_at = case r.state when 'NEW' then clock_timestamp() else r.sent_at end,
     cancel_sends = r.cancel_sends + (r.state = 'ACKNOWLEDGED' and r.cancel = 'WANTED')::int,
     ask = false,
     contacted_at = clock_timestamp()
   from due where r.order_id = due.order_id
   returning ${columns('new')}, old.state as was, old.ask as asked, new.cancel_sends, new.position`,
);
// Locks in the order in which reports do.
const askAgain = sql(
  'route.ask-again',
  `with unfinished as (select order_id from route where state <> 'DONE' order by order_id for update)
   update route r set contacted_at = '-infinity'
   from unfinished where r.order_id = unfinished.order_id`,
);
const askQuiet = sql(
  'route.ask-quiet',
  `with quiet as (
     select order_id from route
     where state <> 'DONE' and state = 'ACKNOWLEDGED' and not ask
       and contacted_at < clock_timestamp() - $1 * interval '1 millisecond'
     order by contacted_at limit $2 for update skip locked
   )
   update route r set ask = true from quiet where r.order_id = quiet.order_id`,
);
const overdue = sql(
  'route.overdue',
  `select order_id from route
   where state = 'SENT' and not doubted and sent_at < clock_timestamp() - $1 * interval '1 millisecond'
   order by position limit $2`,
);

/** False when the order id is known already. */
export async function insertRoute(
  database: Database,
  terms: RouteTerms,
  context: { correlationId: string; traceparent: string },
): Promise<boolean> {
  const { orderId, accountId, symbol, side, orderType, timeInForce, quantity, limitPrice } = terms;
  const about = [orderId, accountId, symbol, side, orderType, timeInForce, quantity, limitPrice];
  const rows = await database.query(insert, [...about, context.correlationId, context.traceparent]);
  return rows.length > 0;
}

export async function routeById(database: Queryable, orderId: string): Promise<RouteRecord | undefined> {
  const [row] = await database.query<RouteRow>(byId, [orderId]);
  return row && recordOf(row);
}

export async function lockedRoutes(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, RouteRecord>> {
  const rows = await tx.query<RouteRow>(locked, [orderIds]);
  return new Map(rows.map((row) => [row.order_id, recordOf(row)]));
}

export async function saveRoutes(tx: Transaction, records: readonly RouteRecord[]): Promise<void> {
  if (records.length === 0) return;
  await tx.query(update, [
    records.map(({ route }) => route.terms.orderId),
    records.map(({ route }) => route.state.kind),
    records.map(({ route }) => (route.state.kind === 'DONE' ? route.state.outcome : null)),
    records.map(({ route }) => route.doubted),
    records.map(({ route }) => route.cancel),
    records.map(({ route }) => route.cumulative),
    records.map(({ route }) => route.unknowns),
    records.map(({ sequence }) => sequence),
  ]);
}

export async function executionsKnown(tx: Transaction, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.query<{ id: string }>(knownExecutions, [ids]);
  return new Set(rows.map(({ id }) => id));
}

export async function saveExecutions(tx: Transaction, rows: readonly ExecutionRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(insertExecutions, [
    rows.map(({ execution }) => execution.executionId),
    rows.map(({ terms }) => terms.orderId),
    rows.map(({ terms }) => terms.accountId),
    rows.map(({ terms }) => terms.symbol),
    rows.map(({ terms }) => terms.side),
    rows.map(({ execution }) => execution.quantity),
    rows.map(({ execution }) => execution.price),
    rows.map(({ execution }) => execution.executedAt),
  ]);
}

/** Claims what is due, oldest first; nothing when the session is not `owner`'s. */
export async function claimDue(
  database: Database,
  due: { owner: string; patienceMs: number; longestPatienceMs: number; most: number },
): Promise<DueRoute[]> {
  type ClaimedRow = RouteRow & {
    was: RouteState['kind'];
    asked: boolean;
    cancel_sends: number;
    position: bigint;
  };
  const rows = await database.query<ClaimedRow>(claim, [
    due.owner,
    due.patienceMs,
    due.most,
    due.longestPatienceMs,
  ]);
  return rows
    .toSorted((left, right) => Number(left.position - right.position))
    .map((row) => ({ ...recordOf(row), was: row.was, asked: row.asked, cancelSends: row.cancel_sends }));
}

/** On a new connection everything without an answer is due at once, and all that is acknowledged counts as quiet. */
export async function makeAllDue(database: Database): Promise<void> {
  await database.query(askAgain);
}

/** Acknowledged orders about which the exchange was not told or asked for so long are asked for. */
export async function askForQuiet(database: Database, quietMs: number, most: number): Promise<void> {
  await database.query(askQuiet, [quietMs, most]);
}

/** Orders that were sent so long ago without an answer that they count as in doubt. */
export async function overdueRoutes(database: Database, patienceMs: number, most: number): Promise<string[]> {
  const rows = await database.query<{ order_id: string }>(overdue, [patienceMs, most]);
  return rows.map(({ order_id }) => order_id);
}

function recordOf(row: RouteRow): RouteRecord {
  return {
    route: {
      terms: {
        orderId: row.order_id,
        accountId: row.account_id,
        symbol: row.symbol,
        side: row.side,
        orderType: row.order_type,
        timeInForce: row.time_in_force,
        quantity: quantityOf(row.quantity_nanos),
        limitPrice: row.limit_micros === null ? null : priceOf(row.limit_micros),
      },
      state: stateOf(row),
      sends: row.sends,
      doubted: row.doubted,
      cancel: row.cancel,
      cumulative: quantityOf(row.cumulative_nanos),
      unknowns: row.unknowns,
    },
    sequence: row.sequence,
    correlationId: row.correlation_id,
    traceparent: row.traceparent,
  };
}

function stateOf({ order_id, state, outcome }: RouteRow): RouteState {
  if (state !== 'DONE') return { kind: state };
  if (outcome === null) throw new Error(`route ${order_id} is done without an outcome`);
  return { kind: state, outcome };
}
