// What the market service answers from Postgres: instruments, their newest prices, and executions. Every read takes
// a list of keys, so that a request needs one statement a type.
import { sql, type Database } from '@simplebank/chassis';
import { priceOf, quantityOf, type Price, type Quantity } from '@simplebank/money';

export interface InstrumentRecord {
  readonly symbol: string;
  readonly name: string;
  readonly currency: string;
  readonly tickSize: Price;
  readonly lotSize: Quantity;
}

export interface QuoteRecord {
  readonly bid: Price;
  readonly ask: Price;
  readonly last: Price;
  readonly at: Date;
}

export interface ExecutionRecord {
  /** Executions in the order in which they were recorded. */
  readonly position: number;
  readonly id: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: Quantity;
  readonly price: Price;
  readonly executedAt: Date;
}

/** Whose the order is, with its executions, oldest first. */
export interface OrderExecutions {
  readonly accountId: string;
  readonly executions: readonly ExecutionRecord[];
}

interface InstrumentRow {
  symbol: string;
  name: string;
  currency: string;
  tick_micros: bigint;
  lot_nanos: bigint;
}

interface QuoteRow {
  symbol: string;
  bid_micros: bigint;
  ask_micros: bigint;
  last_micros: bigint;
  quoted_at: Date;
}

interface ExecutionRow {
  position: bigint;
  id: string;
  order_id: string;
  account_id: string;
  symbol: string;
  side: 'BUY' | 'SELL';
  quantity_nanos: bigint;
  price_micros: bigint;
  executed_at: Date;
}

type OrderRow = { route_order_id: string; route_account_id: string } & (ExecutionRow | { id: null });

const executionColumns =
  'e.position, e.id, e.order_id, e.account_id, e.symbol, e.side, e.quantity_nanos, e.price_micros, e.executed_at';

const allInstruments = sql(
  'instruments.all',
  'select symbol, name, currency, tick_micros, lot_nanos from instrument order by symbol',
);
const instrumentsBySymbol = sql(
  'instruments.by-symbol',
  'select symbol, name, currency, tick_micros, lot_nanos from instrument where symbol = any($1)',
);
const allQuotes = sql(
  'quotes.all',
  'select symbol, bid_micros, ask_micros, last_micros, quoted_at from quote',
);
// A quote for what is not listed here is dropped by the join.
const saveQuotes = sql(
  'quotes.save',
  `insert into quote (symbol, bid_micros, ask_micros, last_micros, quoted_at)
   select q.* from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])
     as q (symbol, bid, ask, last, at) join instrument using (symbol)
   on conflict (symbol) do update set bid_micros = excluded.bid_micros, ask_micros = excluded.ask_micros,
     last_micros = excluded.last_micros, quoted_at = excluded.quoted_at`,
);
const executionsById = sql(
  'executions.by-id',
  `select ${executionColumns} from execution e where e.id = any($1)`,
);
const executionsByOrder = sql(
  'executions.by-order',
  `select r.order_id as route_order_id, r.account_id as route_account_id, ${executionColumns}
     from route r left join execution e on e.order_id = r.order_id
    where r.order_id = any($1) order by e.position`,
);
const executionsAfter = sql(
  'executions.after',
  `select ${executionColumns} from execution e where e.position > $1 order by e.position limit $2`,
);

export interface MarketStore {
  instruments(): Promise<InstrumentRecord[]>;
  instrumentsBySymbol(symbols: readonly string[]): Promise<InstrumentRecord[]>;
  quotes(): Promise<ReadonlyMap<string, QuoteRecord>>;
  saveQuotes(quotes: ReadonlyMap<string, QuoteRecord>): Promise<void>;
  executions(ids: readonly string[]): Promise<ExecutionRecord[]>;
  /** Orders that were never routed are left out. */
  executionsByOrder(orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderExecutions>>;
  executionsAfter(position: number, first: number): Promise<ExecutionRecord[]>;
}

export function createStore(database: Database): MarketStore {
  return {
    async instruments() {
      return (await database.query<InstrumentRow>(allInstruments)).map(instrumentOf);
    },
    async instrumentsBySymbol(symbols) {
      return (await database.query<InstrumentRow>(instrumentsBySymbol, [symbols])).map(instrumentOf);
    },
    async quotes() {
      const rows = await database.query<QuoteRow>(allQuotes);
      return new Map(rows.map((row) => [row.symbol, quoteOf(row)]));
    },
    async saveQuotes(quotes) {
      const all = [...quotes.values()];
      await database.query(saveQuotes, [
        [...quotes.keys()],
        all.map(({ bid }) => bid),
        all.map(({ ask }) => ask),
        all.map(({ last }) => last),
        all.map(({ at }) => at),
      ]);
    },
    async executions(ids) {
      return (await database.query<ExecutionRow>(executionsById, [ids])).map(executionOf);
    },
    async executionsByOrder(orderIds) {
      const rows = await database.query<OrderRow>(executionsByOrder, [orderIds]);
      const found = new Map<string, { accountId: string; executions: ExecutionRecord[] }>();
      for (const row of rows) {
        const order = found.get(row.route_order_id) ?? { accountId: row.route_account_id, executions: [] };
        found.set(row.route_order_id, order);
        if (row.id !== null) order.executions.push(executionOf(row));
      }
      return found;
    },
    async executionsAfter(position, first) {
      return (await database.query<ExecutionRow>(executionsAfter, [position, first])).map(executionOf);
    },
  };
}

function instrumentOf(row: InstrumentRow): InstrumentRecord {
  const { symbol, name, currency, tick_micros, lot_nanos } = row;
  return { symbol, name, currency, tickSize: priceOf(tick_micros), lotSize: quantityOf(lot_nanos) };
}

function quoteOf(row: QuoteRow): QuoteRecord {
  const [bid, ask, last] = [priceOf(row.bid_micros), priceOf(row.ask_micros), priceOf(row.last_micros)];
  return { bid, ask, last, at: row.quoted_at };
}

function executionOf(row: ExecutionRow): ExecutionRecord {
  return {
    position: Number(row.position),
    id: row.id,
    orderId: row.order_id,
    accountId: row.account_id,
    symbol: row.symbol,
    side: row.side,
    quantity: quantityOf(row.quantity_nanos),
    price: priceOf(row.price_micros),
    executedAt: row.executed_at,
  };
}
