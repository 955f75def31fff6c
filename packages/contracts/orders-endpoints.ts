// What the orders service answers to the audit of the ledger, and to an operator.
import { z } from 'zod';
import { endpoint } from '@simplebank/chassis';
import { decimalSchema, moneySchema, sideSchema } from './wire.ts';

/** All orders by id, with the quantities that the audit compares. */
export const listOrders = endpoint({
  service: 'orders',
  path: '/internal/orders',
  request: z.object({ afterId: z.string(), first: z.number().int().min(1).max(1000) }),
  response: z.object({
    orders: z.array(
      z.object({
        id: z.string(),
        accountId: z.string(),
        symbol: z.string(),
        side: sideSchema,
        status: z.string(),
        quantity: decimalSchema,
        cumulative: decimalSchema,
        leaves: decimalSchema,
        canceled: decimalSchema,
        /** What was set aside at first; null before, when refused, and again once the rest is released. */
        initiallyReserved: z
          .discriminatedUnion('kind', [
            z.object({ kind: z.literal('shares'), quantity: decimalSchema }),
            z.object({ kind: z.literal('cash'), principal: moneySchema, fee: moneySchema }),
          ])
          .nullable(),
        completed: z.boolean(),
      }),
    ),
  }),
});

/** Lets an order whose saga is STUCK go on, once its cause is mended; `resumed` is false when it was not stuck. */
export const resumeSaga = endpoint({
  service: 'orders',
  path: '/internal/resume-saga',
  request: z.object({ orderId: z.string() }),
  response: z.object({ resumed: z.boolean() }),
});
