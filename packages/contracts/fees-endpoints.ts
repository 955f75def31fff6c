// Commands that the fees service takes.
import { z } from 'zod';
import { endpoint } from '@simplebank/chassis';
import { amountSchema, moneySchema, positiveDecimalSchema, rejectedSchema, sideSchema } from './wire.ts';

/** The most that a buy's fees can come to: basis points of the principal, plus so much a lot for rounding up. */
export const feeCeilingRuleSchema = z.object({
  basisPoints: z.number().int().nonnegative(),
  /** Each execution rounds up to the cent, and there are at most as many executions as lots. */
  perLot: moneySchema,
});
export type FeeCeilingRule = z.infer<typeof feeCeilingRuleSchema>;

export const quoteFee = endpoint({
  service: 'fees',
  path: '/internal/quote',
  request: z.object({
    side: sideSchema,
    quantity: positiveDecimalSchema,
    principal: amountSchema,
  }),
  response: z.object({
    scheduleId: z.string(),
    /** As if filled in one execution. */
    estimate: moneySchema,
    /** For whoever reserves a buy's fees, also when this service does not answer the next time. */
    ceilingRule: feeCeilingRuleSchema,
  }),
});

/** Charges one execution by the schedule of its day; idempotent by execution id. */
export const chargeFee = endpoint({
  service: 'fees',
  path: '/internal/charge',
  request: z.object({
    executionId: z.string(),
    orderId: z.string(),
    accountId: z.string(),
    side: sideSchema,
    quantity: positiveDecimalSchema,
    principal: amountSchema,
    executedAt: z.iso.datetime(),
    /** The most that may be charged: what is left of a buy's reservation, a sell's principal. */
    cap: amountSchema,
  }),
  /** A repeat answers the recorded charge, whatever its cap. Rejections: CHARGE_ID_REUSED. */
  response: z.discriminatedUnion('outcome', [
    z.object({ outcome: z.literal('charged'), total: moneySchema, scheduleId: z.string() }),
    rejectedSchema,
  ]),
});

/** All charges by position, for the audit of the ledger. */
export const listCharges = endpoint({
  service: 'fees',
  path: '/internal/charges',
  request: z.object({
    afterPosition: z.number().int().nonnegative(),
    first: z.number().int().min(1).max(1000),
  }),
  response: z.object({
    charges: z.array(
      z.object({
        position: z.number().int(),
        executionId: z.string(),
        orderId: z.string(),
        accountId: z.string(),
        total: moneySchema,
      }),
    ),
  }),
});
