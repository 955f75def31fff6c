// Commands that the accounts service takes. Each is idempotent by its order or execution id; the same id with
// another body is refused with TRANSFER_ID_REUSED.
import { z } from 'zod';
import { endpoint } from '@simplebank/chassis';
import {
  amountSchema,
  decimalSchema,
  moneySchema,
  positiveDecimalSchema,
  rejectedSchema,
  sideSchema,
} from './wire.ts';

/**
 * Sets shares aside for a sell, or cash and the fees' ceiling for a buy: pending transfers. A refusal is not
 * remembered, so every end of an order calls releaseReservation, after which a late reserve is refused.
 */
export const reserveForOrder = endpoint({
  service: 'accounts',
  path: '/internal/reserve',
  request: z.object({
    orderId: z.string(),
    accountId: z.string(),
    hold: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('shares'), symbol: z.string(), quantity: positiveDecimalSchema }),
      z.object({ kind: z.literal('cash'), principal: amountSchema, fee: amountSchema }),
    ]),
  }),
  /** Rejections: INSUFFICIENT_SHARES, INSUFFICIENT_CASH, UNKNOWN_LEDGER_ACCOUNT, RESERVATION_RESOLVED. */
  response: z.discriminatedUnion('outcome', [z.object({ outcome: z.literal('reserved') }), rejectedSchema]),
});

/**
 * Moves shares and cash of one execution, out of the order's reservation on the giving side. A sell's proceeds
 * are held (pending) until its fee is posted, so that nothing can spend what the fee needs.
 */
export const postTrade = endpoint({
  service: 'accounts',
  path: '/internal/post-trade',
  request: z.object({
    executionId: z.string(),
    orderId: z.string(),
    accountId: z.string(),
    side: sideSchema,
    symbol: z.string(),
    quantity: positiveDecimalSchema,
    price: positiveDecimalSchema,
    /** Price times quantity, rounded to the cent by the orders service. */
    principal: amountSchema,
    executedAt: z.iso.datetime(),
  }),
  /** Rejections: UNKNOWN_RESERVATION, RESERVATION_EXCEEDED, RESERVATION_RESOLVED, TRANSFER_ID_REUSED. */
  response: z.discriminatedUnion('outcome', [z.object({ outcome: z.literal('posted') }), rejectedSchema]),
});

/**
 * Takes one execution's fee: for a buy out of the order's fee reservation, for a sell out of the proceeds that
 * postTrade held, the rest of which becomes available.
 */
export const postFee = endpoint({
  service: 'accounts',
  path: '/internal/post-fee',
  request: z.object({
    executionId: z.string(),
    orderId: z.string(),
    accountId: z.string(),
    side: sideSchema,
    /** May be zero. */
    fee: amountSchema,
  }),
  /** Rejections: UNKNOWN_RESERVATION (no postTrade before), RESERVATION_EXCEEDED, TRANSFER_ID_REUSED. */
  response: z.discriminatedUnion('outcome', [z.object({ outcome: z.literal('posted') }), rejectedSchema]),
});

/** Gives back what is left of the order's reservation; also when there is none (it then can never be made). */
export const releaseReservation = endpoint({
  service: 'accounts',
  path: '/internal/release',
  request: z.object({ orderId: z.string() }),
  response: z.object({ outcome: z.literal('released') }),
});

/** What an account could still spend and sell; a hint, since only a reservation counts. */
export const getAvailability = endpoint({
  service: 'accounts',
  path: '/internal/availability',
  request: z.object({ accountId: z.string(), symbol: z.string() }),
  /** Zeros for an account that the ledger does not know. */
  response: z.object({ cash: moneySchema, shares: decimalSchema }),
});
