// The orders subgraph. Whatever it returns, it first checks that the order's account is one the caller may act
// on; _entities included. An order that does not exist answers as someone else's does.
import { hash } from 'node:crypto';
import {
  currentContext,
  forbidden,
  PublicError,
  valueOrThrow,
  pageCursor,
  pagePlace,
  isPageSize,
  pageOf,
} from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import type { SubgraphContext, SubgraphResolvers } from '@simplebank/chassis';
import { formatPrice, moneyToWire } from '@simplebank/money';
import { GraphQLScalarType, valueFromASTUntyped, type GraphQLResolveInfo } from 'graphql';
import type { OrderPreview } from './domain/order-estimate.ts';
import type { OrderType, Side, TimeInForce } from './domain/order-terms.ts';
import type { Loaders } from './loaders.ts';
import { eventFields, orderFields, sagaFields } from './order-fields.ts';
import type { LoggedEvent, StoredOrder } from './order-row.ts';
import type { OrderRequest, OrdersService } from './service.ts';

type Context = SubgraphContext<Loaders>;

/** An order has a few events for each execution; the schema tells of this limit, and that orderUpdates has none. */
const longestTimeline = 10_000;
/** Only such ids are asked for: Postgres takes no text with a zero byte. */
const orderIdPattern = /^[0-9a-f-]{36}$/;

interface OrderInput {
  readonly accountId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly quantity: unknown;
  readonly limitPrice?: unknown;
}

interface PageArguments {
  readonly first: number;
  readonly after?: string | null;
}

interface UpdatesArguments {
  readonly orderId: string;
  readonly afterSequence?: number | null;
  readonly first: number;
}

export function createResolvers(service: OrdersService): SubgraphResolvers<Loaders> {
  return {
    Decimal: decimal,
    Query: {
      order: (_root: unknown, { id }: { id: string }, ctx: Context) => orderOf(id, ctx),
      previewOrder: async (_root: unknown, { input }: { input: OrderInput }, { caller }: Context) =>
        previewFields(valueOrThrow(await service.previewOrder(caller, requestOf(input)))),
      orderUpdates: (_root: unknown, asked: UpdatesArguments, ctx: Context) => updatesOf(asked, ctx),
    },
    Mutation: {
      async placeOrder(
        _root: unknown,
        { input }: { input: { clientOrderId?: string | null; order: OrderInput } },
        { caller }: Context,
        { path }: GraphQLResolveInfo,
      ) {
        const { order } = input;
        const clientOrderId = input.clientOrderId ?? clientOrderIdOf(path);
        return {
          order: valueOrThrow(await service.placeOrder(caller, { clientOrderId, ...requestOf(order) })),
        };
      },
      async cancelOrder(_root: unknown, { input }: { input: { orderId: string } }, { caller }: Context) {
        if (!orderIdPattern.test(input.orderId)) throw forbidden();
        return { order: valueOrThrow(await service.cancelOrder(caller, input.orderId)) };
      },
    },
    Account: {
      // As a promise, since what throws at once would fail the whole batch of references.
      __resolveReference: async ({ id }: { id: string }, ctx: Context) => ({ id: allowed(id, ctx) }),
      orders: ({ id }: { id: string }, page: PageArguments, ctx: Context) => ordersPage(id, page, ctx),
    },
    Order: {
      __resolveReference: ({ id }: { id: string }, ctx: Context) => orderOf(id, ctx),
      ...orderFields,
      timeline: ({ order }: StoredOrder, _args: unknown, { loaders }: Context) =>
        loaders.events.load({ orderId: order.terms.id, after: 0, length: longestTimeline }),
      async saga({ order }: StoredOrder, _args: unknown, { loaders }: Context) {
        const view = await loaders.sagas.load(order.terms.id);
        if (view === undefined) throw new Error(`order ${order.terms.id} has no saga`);
        return sagaFields(view);
      },
    },
    OrderEvent: eventFields,
  };
}

/** Hands the raw value on, so that the domain can say what is wrong with it by a code of its own. */
const decimal = new GraphQLScalarType({
  name: 'Decimal',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

function requestOf({ accountId, type: orderType, ...input }: OrderInput): OrderRequest {
  return { accountId, input: { ...input, orderType } };
}

/**
 * The key is that of the whole request, which may place several orders: an alias tells them apart, and is the same when
 * the request comes again. Empty without a key, which no id may be.
 */
function clientOrderIdOf({ key: responseName }: GraphQLResolveInfo['path']): string {
  const { idempotencyKey = '' } = currentContext() ?? {};
  return idempotencyKey === '' || responseName === 'placeOrder'
    ? idempotencyKey
    : hash('sha256', `${idempotencyKey} ${responseName}`, 'base64url');
}

function allowed(accountId: string, { caller }: Context): string {
  if (!caller.accountIds.has(accountId)) throw forbidden();
  return accountId;
}

async function orderOf(id: string, ctx: Context): Promise<StoredOrder> {
  const { caller, loaders } = ctx;
  const found = orderIdPattern.test(id) ? await loaders.orders.load(id) : undefined;
  if (found === undefined || !caller.accountIds.has(found.order.terms.accountId)) throw forbidden();
  return found;
}

async function updatesOf({ orderId, afterSequence, first }: UpdatesArguments, ctx: Context) {
  const { loaders } = ctx;
  let stored = await orderOf(orderId, ctx);
  if (!isPageSize(first)) throw new PublicError(rejectionOf('INVALID_PAGE'));
  const after = afterSequence ?? stored.order.sequence - 1;
  const length = typeof afterSequence === 'number' ? first : 1;
  const events = await loaders.events.load({ orderId, after, length });
  // Each update shows the order at or past its event, so an order read before the newest event is read again.
  if ((events.at(-1)?.sequence ?? 0) > stored.order.sequence) {
    loaders.orders.clear(orderId);
    stored = await orderOf(orderId, ctx);
  }
  return events.map((event: LoggedEvent) => ({
    sequence: event.sequence,
    final: event.type === 'OrderCompleted',
    event,
    order: stored,
  }));
}

async function ordersPage(accountId: string, { first, after }: PageArguments, ctx: Context) {
  allowed(accountId, ctx);
  const before = after === undefined || after === null ? null : pagePlace(accountId, after);
  if (!isPageSize(first) || before === undefined) throw new PublicError(rejectionOf('INVALID_PAGE'));
  const found = await ctx.loaders.pages.load({ accountId, before, length: first + 1 });
  return pageOf(found, first, ({ placedAt: at, order }) => pageCursor(accountId, { at, id: order.terms.id }));
}

function previewFields({ price, principal, fee, cashEffect, cashReserved }: OrderPreview) {
  return {
    price: formatPrice(price),
    principal: moneyToWire(principal),
    fee: moneyToWire(fee),
    cashEffect: moneyToWire(cashEffect),
    cashReserved: moneyToWire(cashReserved),
  };
}
