// Where a bank has arrived, whatever way it went: all that its services have recorded, with ids replaced by what they
// stand for and without moments, so that two banks that carried out the same plan can be compared by one hash.
//
// Left out, because the plan does not determine it even on a bus in perfect order:
// - ids of events, correlation, moments, positions, and the request hashes that hold ids;
// - how an order's two authors take turns in its log: the saga's replies and the market's reports race each other,
//   so each author's events are compared in their own order;
// - CancelSent, and with it an order's sequence number and whether its cancel counts as sent: the exchange's answer
//   to a cancel may overtake it;
// - how often the market service had to ask the exchange (`sends`, `cancel_sends`, `doubted`).
import { createHash } from 'node:crypto';
import { Client } from 'pg';

type Row = Readonly<Record<string, unknown>>;

export interface FinalState {
  /** By section, each with a key that the plan determines. */
  readonly [section: string]: Readonly<Record<string, unknown>>;
}

/** Written when the market service reports, the rest by the saga or the customer. */
const reported = new Set([
  'OrderRouted',
  'OrderPlaced',
  'OrderInDoubt',
  'OrderRejectedByMarket',
  'OrderExecuted',
  'OrderFilled',
  'OrderCanceled',
  'OrderExpired',
  'CancelRejected',
]);
const mayBeOvertaken = 'CancelSent';

const tables = {
  orders: {
    orders: `select id, account_id, customer_id, client_order_id, status, outcome, state from orders`,
    events: `select order_id, type, data from order_event order by order_id, sequence`,
  },
  market: {
    routes: `select order_id, account_id, symbol, side, order_type, time_in_force, quantity_nanos, limit_micros,
               state, outcome, cancel, cumulative_nanos from route`,
    executions: `select id, order_id, account_id, symbol, side, quantity_nanos, price_micros from execution
                 order by position`,
  },
  fees: {
    charges: `select execution_id, order_id, account_id, schedule_id, currency, commission_minor, sec_fee_minor,
                trading_activity_fee_minor from fee_charge`,
  },
  accounts: {
    balances: `select id, kind, account_id, asset, posted, reserved from ledger_account`,
    transfers: `select id, kind, phase, pending_id, debit_id, credit_id, asset, amount, order_id, execution_id
                from transfer`,
    entries: `select transfer_id, ledger_account_id, account_id, order_id, amount from entry`,
    trades: `select execution_id, order_id, account_id, side, symbol, quantity, price, currency, principal from trade`,
    resolutions: `select pending_id, voided from resolution`,
    released: `select order_id from released_order`,
  },
  notifications: {
    notifications: `select order_id, customer_id, account_id, title, body from notification`,
  },
} as const;

/** Of a bank at rest. */
export async function readFinalState(databaseUrls: Readonly<Record<string, string>>): Promise<FinalState> {
  const read = new Map<string, readonly Row[]>();
  for (const [service, statements] of Object.entries(tables)) {
    const client = new Client({ connectionString: databaseUrls[service] });
    await client.connect();
    try {
      for (const [name, statement] of Object.entries(statements)) {
        read.set(name, (await client.query<Row>(statement)).rows);
      }
    } finally {
      await client.end();
    }
  }
  const rows = (name: string) => read.get(name) ?? [];
  const named = naming(rows('orders'), rows('executions'));
  const sections = [...read].map(([name, found]) => {
    const renamed = found.map(named);
    if (name === 'events') return ['stories', stories(renamed)];
    return [name, keyed(name === 'orders' ? renamed.map(withoutRaces) : renamed)];
  });
  return Object.fromEntries(sections) as FinalState;
}

export function hashOf(state: FinalState): string {
  return createHash('sha256').update(lines(state).join('\n')).digest('hex');
}

/** What one state has and the other has not, one line each; empty exactly when the hashes are equal. */
export function differences(expected: FinalState, actual: FinalState): string[] {
  const [before, after] = [lines(expected), lines(actual)];
  const [inBefore, inAfter] = [new Set(before), new Set(after)];
  return [
    ...before.filter((line) => !inAfter.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !inBefore.has(line)).map((line) => `+ ${line}`),
  ].toSorted((one, other) => (one.slice(2) < other.slice(2) ? -1 : 1));
}

/** One for each field, so that a difference shows where it is. */
function lines(state: FinalState): string[] {
  return Object.entries(state)
    .flatMap(([section, entries]) =>
      Object.entries(entries).flatMap(([key, entry]) => leaves(`${section} ${key}`, entry)),
    )
    .toSorted();
}

function leaves(path: string, value: unknown): string[] {
  const fields = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (fields.length === 0) return [`${path}: ${JSON.stringify(value)}`];
  return fields.flatMap(([field, one]) => leaves(`${path} ${field}`, one));
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const exchangeOrderId = /\b[0-9A-Z]+-O\d+\b/g;
const knownId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9A-Z]+-E\d+\b/g;

/** Orders are called by their client order id, executions by their number within the order. */
function naming(orders: readonly Row[], executions: readonly Row[]): (row: Row) => Row {
  const names = new Map(orders.map((row) => [String(row['id']), String(row['client_order_id'])]));
  for (const [orderId, own] of Map.groupBy(executions, (row) => String(row['order_id']))) {
    own.forEach((row, index) => names.set(String(row['id']), `${names.get(orderId)}/${index + 1}`));
  }
  const nameAll = (value: unknown): unknown => {
    if (typeof value === 'string') {
      if (moment.test(value)) return '(moment)';
      return value.replace(exchangeOrderId, '(exchange order)').replace(knownId, (id) => names.get(id) ?? id);
    }
    if (Array.isArray(value)) return value.map(nameAll);
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).map(([field, one]) => [field, nameAll(one)] as const);
    return Object.fromEntries(fields.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  };
  return (row) => nameAll(row) as Row;
}

/** What a row is about, in the order in which the tables would say so. */
const keys = ['id', 'transfer_id', 'execution_id', 'pending_id', 'order_id'] as const;

/** Rows about the same thing are numbered, so that one that is there twice counts twice. */
function keyed(rows: readonly Row[]): Record<string, unknown> {
  const groups = Map.groupBy(rows, (row) => {
    const key = keys.find((field) => row[field] !== undefined);
    return key === undefined ? '' : String(row[key]);
  });
  return Object.fromEntries(
    [...groups].flatMap(([key, same]) =>
      same
        .toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
        .map((row, index) => [`${key} (${index + 1})`, row]),
    ),
  );
}

/** The order's own record, without what only says whether the answer to a cancel was overtaken. */
function withoutRaces(order: Row): Row {
  const { sequence: _sequence, cancel, ...state } = order['state'] as Row;
  return { ...order, state: { ...state, cancel: cancel === 'NONE' ? cancel : 'ASKED' } };
}

/** Each order's log, by author. */
function stories(events: readonly Row[]): Record<string, unknown> {
  const told = events.filter(({ type }) => type !== mayBeOvertaken);
  return Object.fromEntries(
    [...Map.groupBy(told, (row) => String(row['order_id']))].flatMap(([name, own]) => [
      [`${name} by the market`, own.filter(({ type }) => reported.has(String(type))).map(eventText)],
      [`${name} by the saga`, own.filter(({ type }) => !reported.has(String(type))).map(eventText)],
    ]),
  );
}

function eventText({ type, data }: Row): string {
  return `${String(type)} ${JSON.stringify(data)}`;
}
