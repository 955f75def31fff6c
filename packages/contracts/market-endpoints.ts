// Commands and questions that the market service takes. Results of the exchange come back as events.
import { z } from 'zod';
import { endpoint } from '@simplebank/chassis';
import {
  decimalSchema,
  orderTypeSchema,
  positiveDecimalSchema,
  rejectedSchema,
  sideSchema,
  timeInForceSchema,
} from './wire.ts';

export const getInstrument = endpoint({
  service: 'market',
  path: '/internal/instrument',
  request: z.object({ symbol: z.string() }),
  response: z.object({
    instrument: z
      .object({
        symbol: z.string(),
        currency: z.string(),
        tickSize: decimalSchema,
        lotSize: decimalSchema,
        open: z.boolean(),
        quote: z.object({ bid: decimalSchema, ask: decimalSchema, last: decimalSchema }).nullable(),
      })
      .nullable(),
  }),
});

/** Takes an order for the exchange: once accepted it will be sent, and sent as one order. Idempotent by order id. */
export const routeOrder = endpoint({
  service: 'market',
  path: '/internal/route',
  request: z.object({
    orderId: z.string(),
    accountId: z.string(),
    symbol: z.string(),
    side: sideSchema,
    orderType: orderTypeSchema,
    timeInForce: timeInForceSchema,
    quantity: positiveDecimalSchema,
    /** The limit; for a market buy the protecting limit, with which it goes out. */
    limitPrice: positiveDecimalSchema.nullable(),
  }),
  /** Rejections: ROUTE_ID_REUSED. */
  response: z.discriminatedUnion('outcome', [z.object({ outcome: z.literal('accepted') }), rejectedSchema]),
});

/** Asks the exchange to cancel; RouteCanceled, RouteCancelRejected or a terminal report follows as an event. */
export const cancelRoute = endpoint({
  service: 'market',
  path: '/internal/cancel',
  request: z.object({ orderId: z.string() }),
  /** Rejections: UNKNOWN_ROUTE. */
  response: z.discriminatedUnion('outcome', [z.object({ outcome: z.literal('accepted') }), rejectedSchema]),
});

/** All executions by position, for the audit of the ledger. */
export const listExecutions = endpoint({
  service: 'market',
  path: '/internal/executions',
  request: z.object({
    afterPosition: z.number().int().nonnegative(),
    first: z.number().int().min(1).max(1000),
  }),
  response: z.object({
    executions: z.array(
      z.object({
        position: z.number().int(),
        executionId: z.string(),
        orderId: z.string(),
        accountId: z.string(),
        symbol: z.string(),
        side: sideSchema,
        quantity: decimalSchema,
        price: decimalSchema,
      }),
    ),
  }),
});
