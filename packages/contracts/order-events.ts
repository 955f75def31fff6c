// The events of an order, stream `orders`: aggregate = order id, sequence = the order's own numbering without
// gaps. The order's event log holds the same events. Names are in the past tense.
import { z } from 'zod';
import {
  decimalSchema,
  moneySchema,
  orderTypeSchema,
  rejectionSchema,
  sideSchema,
  timeInForceSchema,
} from './wire.ts';

export const ordersStream = 'orders';

/** Every event says whose it is, so that a follower needs nothing else to know who may see it. */
const whose = z.object({ accountId: z.string(), customerId: z.string() });
const execution = z.object({
  ...whose.shape,
  symbol: z.string(),
  side: sideSchema,
  /** The exchange's execution id. */
  executionId: z.string(),
  quantity: decimalSchema,
  price: decimalSchema,
  executedAt: z.iso.datetime(),
});

export const orderOutcomeSchema = z.enum(['FILLED', 'PARTIALLY_FILLED', 'CANCELED', 'EXPIRED', 'REJECTED']);
export type OrderOutcome = z.infer<typeof orderOutcomeSchema>;

export const orderEventSchemas = {
  OrderCreated: whose.extend({
    clientOrderId: z.string(),
    symbol: z.string(),
    side: sideSchema,
    orderType: orderTypeSchema,
    timeInForce: timeInForceSchema,
    quantity: decimalSchema,
    limitPrice: decimalSchema.nullable(),
  }),
  /** The estimate for the customer, and for a buy the most that the fees can come to. */
  FeeQuoted: whose.extend({
    scheduleId: z.string(),
    estimate: moneySchema,
    ceiling: moneySchema,
    /** The price that principal and fee were estimated with; a market buy's protecting limit comes from it. */
    referencePrice: decimalSchema,
    /** True when fees did not answer and the last known schedule was used. */
    fallback: z.boolean(),
  }),
  StockReserved: whose.extend({ symbol: z.string(), quantity: decimalSchema }),
  CashReserved: whose.extend({
    principal: moneySchema,
    fee: moneySchema,
    protectingLimit: decimalSchema.nullable(),
  }),
  ReservationRejected: whose.extend({ rejection: rejectionSchema }),
  /** The market service has answered that it took the order; reports of the exchange may have come before. */
  OrderRouted: whose,
  /** The exchange acknowledged it. */
  OrderPlaced: whose.extend({ exchangeOrderId: z.string() }),
  /** The exchange has not acknowledged it in time; never after OrderPlaced. */
  OrderInDoubt: whose.extend({ reason: z.string() }),
  /** Refused before it was routed. */
  OrderRejected: whose.extend({ rejection: rejectionSchema }),
  OrderRejectedByMarket: whose.extend({ rejection: rejectionSchema }),
  OrderExecuted: execution,
  OrderFilled: whose,
  CancelRequested: whose,
  /** The market service has taken the cancel; its answer follows. */
  CancelSent: whose,
  CancelRejected: whose.extend({ rejection: rejectionSchema }),
  OrderCanceled: whose.extend({ canceled: decimalSchema }),
  OrderExpired: whose.extend({ canceled: decimalSchema }),
  TradePosted: whose.extend({
    executionId: z.string(),
    symbol: z.string(),
    side: sideSchema,
    principal: moneySchema,
  }),
  FeeCharged: whose.extend({ executionId: z.string(), total: moneySchema }),
  ReservationReleased: whose,
  /** The story's end: everything is posted, charged and released. Carries what a listener needs to tell it. */
  OrderCompleted: whose.extend({
    outcome: orderOutcomeSchema,
    symbol: z.string(),
    side: sideSchema,
    quantity: decimalSchema,
    cumulative: decimalSchema,
    averagePrice: decimalSchema.nullable(),
    fees: moneySchema,
    /** Null unless the outcome is REJECTED. */
    rejection: rejectionSchema.nullable(),
  }),
} as const;

export type OrderEventType = keyof typeof orderEventSchemas;
export type OrderEventData<T extends OrderEventType> = z.infer<(typeof orderEventSchemas)[T]>;
