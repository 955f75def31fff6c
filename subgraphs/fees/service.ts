// Quoting and charging fees by the schedule of the day: each execution is charged once.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import {
  rejectionOf,
  type chargeFee,
  type ErrorCode,
  type listCharges,
  type quoteFee,
} from '@simplebank/contracts';
import { compareMoney, moneyFromWire, moneyToWire, quantity, type Money } from '@simplebank/money';
import { ceilingRuleOf, feesOf, totalOf } from './domain/fee-schedule.ts';
import type { DatedSchedule, FeesStore } from './store.ts';

type Request<E extends { request: z.ZodType }> = z.output<E['request']>;
type Answer<E extends { response: z.ZodType }> = Promise<z.input<E['response']>>;

export interface FeesService {
  /** By the schedule of this moment, as if filled in one execution. */
  quote(request: Request<typeof quoteFee>): Answer<typeof quoteFee>;
  /** By the schedule of the execution's day; idempotent by execution id. */
  charge(request: Request<typeof chargeFee>): Answer<typeof chargeFee>;
  chargesAfter(page: Request<typeof listCharges>): Answer<typeof listCharges>;
}

export function createService(store: FeesStore, now: () => Date): FeesService {
  return {
    async quote({ side, quantity: shares, principal }) {
      const schedule = await scheduleInForce(store, now());
      const execution = { side, quantity: quantity(shares), principal: moneyFromWire(principal) };
      const estimate = totalOf(feesOf(schedule, execution, capOf(side, execution.principal)));
      const { basisPoints, perLot } = ceilingRuleOf(schedule);
      const ceilingRule = { basisPoints, perLot: moneyToWire(perLot) };
      return { scheduleId: schedule.id, estimate: moneyToWire(estimate), ceilingRule };
    },

    async charge(body) {
      const { executionId, orderId, accountId, side } = body;
      const schedule = await scheduleInForce(store, new Date(body.executedAt));
      const execution = { side, quantity: quantity(body.quantity), principal: moneyFromWire(body.principal) };
      const cap = smaller(moneyFromWire(body.cap), capOf(side, execution.principal));
      const { amount, currency } = execution.principal;
      // Of the numbers, not their text, so that "10" and "10.0" are the same body.
      const bodyHash = hashOf([
        orderId,
        accountId,
        side,
        String(execution.quantity),
        String(amount),
        currency,
        body.executedAt,
      ]);
      const fees = feesOf(schedule, execution, cap);
      const charge = await store.record({
        executionId,
        orderId,
        accountId,
        bodyHash,
        scheduleId: schedule.id,
        ...fees,
      });
      if (!charge.bodyHash.equals(bodyHash)) return refused('CHARGE_ID_REUSED');
      return { outcome: 'charged', total: moneyToWire(totalOf(charge)), scheduleId: charge.scheduleId };
    },

    async chargesAfter({ afterPosition, first }) {
      const charges = await store.chargesAfter(afterPosition, first);
      return {
        charges: charges.map((charge) => ({
          position: Number(charge.position),
          executionId: charge.executionId,
          orderId: charge.orderId,
          accountId: charge.accountId,
          total: moneyToWire(totalOf(charge)),
        })),
      };
    },
  };
}

async function scheduleInForce(store: FeesStore, at: Date): Promise<DatedSchedule> {
  const schedule = await store.scheduleAt(at);
  if (schedule === undefined) throw new Error(`no fee schedule is in force at ${at.toISOString()}`);
  return schedule;
}

/** On a sell the fees never exceed the principal; a buy's limit is what its order reserved. */
function capOf(side: 'BUY' | 'SELL', principal: Money): Money {
  return side === 'SELL' ? principal : unlimited(principal);
}

function unlimited({ currency }: Money): Money {
  return { amount: 2n ** 62n, currency };
}

function smaller(left: Money, right: Money): Money {
  return compareMoney(left, right) <= 0 ? left : right;
}

function hashOf(parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}

function refused(code: ErrorCode) {
  return { outcome: 'rejected' as const, rejection: rejectionOf(code) };
}
