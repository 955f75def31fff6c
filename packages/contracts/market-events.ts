// What the exchange reported about a routed order, stream `market`: aggregate = order id, sequence = the
// market service's own numbering for that order. `orders` turns them into events of the order. They may overtake
// the answer to routeOrder.
import { z } from 'zod';
import { decimalSchema, rejectionSchema, sideSchema } from './wire.ts';

export const marketStream = 'market';

export const marketEventSchemas = {
  /** The exchange has it. */
  RouteAcknowledged: z.object({ exchangeOrderId: z.string() }),
  /** The exchange did not acknowledge in time and is being asked; never after RouteAcknowledged. Another event follows. */
  RouteInDoubt: z.object({ reason: z.string() }),
  RouteRejected: z.object({ rejection: rejectionSchema }),
  ExecutionReported: z.object({
    /** The exchange's execution id: the same fill reported twice has the same id. */
    executionId: z.string(),
    symbol: z.string(),
    side: sideSchema,
    quantity: decimalSchema,
    price: decimalSchema,
    /** Filled and still open after this fill, by the exchange's own count. */
    cumulative: decimalSchema,
    leaves: decimalSchema,
    executedAt: z.iso.datetime(),
  }),
  RouteCanceled: z.object({ cumulative: decimalSchema }),
  RouteExpired: z.object({ cumulative: decimalSchema }),
  /** The order goes on as it was, or was done before the cancel came. */
  RouteCancelRejected: z.object({ rejection: rejectionSchema }),
} as const;

export type MarketEventType = keyof typeof marketEventSchemas;
export type MarketEventData<T extends MarketEventType> = z.infer<(typeof marketEventSchemas)[T]>;
