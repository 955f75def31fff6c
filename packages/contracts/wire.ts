// The shapes that recur in events and commands. Exact numbers travel as decimal strings, never as JSON numbers.
import { z } from 'zod';

/** A decimal string such as "12.5"; how many decimals it may have is its owner's rule. */
export const decimalSchema = z.string().regex(/^-?\d+(\.\d+)?$/);

/** A quantity in shares or a price: positive, within what the ledger can hold. */
export const positiveDecimalSchema = z.string().regex(/^(?!0+(\.0+)?$)\d{1,10}(\.\d{1,9})?$/);

export const moneySchema = z.object({ amount: decimalSchema, currency: z.string().length(3) });
/** An amount that is moved: never negative, since the direction is said by the command. */
export const amountSchema = z.object({
  amount: z.string().regex(/^\d{1,16}(\.\d{1,4})?$/),
  currency: z.string().length(3),
});
export type WireMoney = z.infer<typeof moneySchema>;

export const rejectionSchema = z.object({ code: z.string(), message: z.string() });
export type WireRejection = z.infer<typeof rejectionSchema>;

export const sideSchema = z.enum(['BUY', 'SELL']);
export type Side = z.infer<typeof sideSchema>;

export const orderTypeSchema = z.enum(['MARKET', 'LIMIT']);
export type OrderType = z.infer<typeof orderTypeSchema>;

export const timeInForceSchema = z.enum(['DAY', 'IOC']);
export type TimeInForce = z.infer<typeof timeInForceSchema>;

/** Answers of commands that may be refused: the caller must look at `outcome`. */
export const rejectedSchema = z.object({ outcome: z.literal('rejected'), rejection: rejectionSchema });
