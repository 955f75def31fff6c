// Positions, cash and activities of an account in the graph. Every way in, entity references included, first
// checks that the caller may act on the account; the house's own ledger accounts have no way in at all.
import {
  forbidden,
  PublicError,
  type SubgraphContext,
  requireCaller,
  isPageSize,
  pageOf,
} from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import { formatMoney, formatQuantity, money, moneyToWire, quantityOf } from '@simplebank/money';
import type { Entry, Holding } from './domain/entry.ts';
import { accountCurrency, available, isCash, type Balance } from './domain/ledger-account.ts';
import type { Loaders } from './loaders.ts';
import { cursorOf, sequenceOf } from './cursor.ts';

type Context = SubgraphContext<Loaders>;

interface AccountReference {
  readonly id: string;
}

interface OrderReference {
  readonly id: string;
}

/** Orders have such ids; others are not asked for, since Postgres takes no text with a zero byte. */
const orderIdPattern = /^[\x21-\x7e]{1,64}$/;

const noCash: Balance = { posted: 0n, reserved: 0n };

export const resolvers = {
  Account: {
    // As a promise, since what throws at once would fail the whole batch of references.
    __resolveReference: async ({ id }: AccountReference, ctx: Context) => ({ id: allowed(id, ctx) }),
    async positions({ id }: AccountReference, _args: unknown, ctx: Context) {
      const holdings = await ctx.loaders.holdings.load(allowed(id, ctx));
      return holdings.filter(isHeldPosition).map(positionOf);
    },
    cash: ({ id }: AccountReference, _args: unknown, ctx: Context) => cashOf(id, ctx),
    activities: ({ id }: AccountReference, page: PageArguments, ctx: Context) => activitiesOf(id, page, ctx),
  },

  Position: {
    async __resolveReference({ accountId, symbol }: { accountId: string; symbol: string }, ctx: Context) {
      const holdings = await ctx.loaders.holdings.load(allowed(accountId, ctx));
      const held = holdings.filter(isHeldPosition).find(({ asset }) => asset === symbol);
      return held === undefined ? null : positionOf(held);
    },
  },

  CashBalance: {
    __resolveReference: ({ accountId }: { accountId: string }, ctx: Context) => cashOf(accountId, ctx),
  },

  Order: {
    // Whose order it is comes with its entries; the reference by itself tells nothing.
    async __resolveReference({ id }: { id: unknown }, ctx: Context): Promise<OrderReference> {
      requireCaller(ctx);
      if (typeof id !== 'string' || !orderIdPattern.test(id)) throw forbidden();
      return { id };
    },
    async ledgerEntries({ id }: OrderReference, _args: unknown, ctx: Context) {
      const { caller } = ctx;
      // The reservation tells whose it is before anything is posted.
      const { accountId, entries } = await ctx.loaders.entriesOfOrder.load(id);
      if (accountId !== null && !caller.accountIds.has(accountId)) throw forbidden();
      return entries.map(ledgerEntryOf);
    },
  },

  LedgerEntry: {
    async __resolveReference({ id }: { id: string }, ctx: Context) {
      const { caller } = ctx;
      const entry = /^\d{1,18}$/.test(id) ? await ctx.loaders.entry.load(BigInt(id)) : undefined;
      // An entry that does not exist answers as someone else's does, so that ids tell nothing.
      if (entry === undefined || !caller.accountIds.has(entry.accountId)) throw forbidden();
      return ledgerEntryOf(entry);
    },
  },
};

interface PageArguments {
  readonly first: number;
  readonly after?: string | null;
}

async function activitiesOf(accountId: string, { first, after }: PageArguments, ctx: Context) {
  allowed(accountId, ctx);
  const before = after === undefined || after === null ? null : sequenceOf(accountId, after);
  if (!isPageSize(first) || before === undefined) throw new PublicError(rejectionOf('INVALID_PAGE'));
  const found = await ctx.loaders.entries.load({ accountId, before, limit: first + 1 });
  const { nodes, edges, pageInfo } = pageOf(found, first, cursorOf);
  return {
    nodes: nodes.map(ledgerEntryOf),
    edges: edges.map(({ node, cursor }) => ({ node: ledgerEntryOf(node), cursor })),
    pageInfo,
  };
}

async function cashOf(accountId: string, ctx: Context) {
  const holdings = await ctx.loaders.holdings.load(allowed(accountId, ctx));
  const cash = holdings.find(({ asset }) => asset === accountCurrency) ?? noCash;
  return {
    accountId,
    balance: moneyOf(cash.posted),
    available: moneyOf(available(cash)),
    reserved: moneyOf(cash.reserved),
  };
}

function isHeldPosition({ asset, posted, reserved }: Holding): boolean {
  return !isCash(asset) && (posted !== 0n || reserved !== 0n);
}

function positionOf(holding: Holding) {
  const { accountId, asset: symbol, posted, reserved } = holding;
  return {
    accountId,
    symbol,
    instrument: { symbol },
    quantity: formatQuantity(quantityOf(posted)),
    available: formatQuantity(quantityOf(available(holding))),
    reserved: formatQuantity(quantityOf(reserved)),
  };
}

function ledgerEntryOf({ sequence, kind, asset, amount, orderId, executionId, createdAt }: Entry) {
  return {
    id: sequence.toString(),
    kind,
    asset,
    amount: isCash(asset) ? formatMoney(money(amount, asset)) : formatQuantity(quantityOf(amount)),
    order: orderId === null ? null : { id: orderId },
    execution: executionId === null ? null : { id: executionId },
    postedAt: createdAt.toISOString(),
  };
}

function moneyOf(amount: bigint) {
  return moneyToWire(money(amount, accountCurrency));
}

function allowed(accountId: string, { caller }: Context): string {
  if (!caller.accountIds.has(accountId)) throw forbidden();
  return accountId;
}
