// What is true of every order at every moment; tests and audits ask for it.
import { compareMoney, sumMoney } from '@simplebank/money';
import { feesOf, isClosed, isSettled, isUnrouted } from './order-state.ts';
import type { Order } from './order-state.ts';

/** The broken rules as sentences; empty for a sound order. */
export function violations(order: Order): string[] {
  const { terms, cumulative, leaves, canceled, executions, reservation } = order;
  const closed = isClosed(order);
  const filled = executions.reduce((sum, execution) => sum + execution.quantity, 0n);
  const ids = new Set(executions.map(({ executionId }) => executionId));
  const completed = closed && order.outcome !== undefined;
  const rules: readonly (readonly [sound: boolean, rule: string])[] = [
    [cumulative + leaves + canceled === terms.quantity, 'cumulative + leaves + canceled = quantity'],
    [cumulative >= 0n && leaves >= 0n && canceled >= 0n, 'no quantity is negative'],
    [(leaves === 0n) === closed, 'leaves = 0 exactly in terminal states'],
    [(cumulative === terms.quantity) === (order.status === 'FILLED'), 'FILLED exactly when all is filled'],
    [filled === cumulative, 'the executions sum to cumulative'],
    [ids.size === executions.length, 'each execution is recorded once'],
    [order.status !== 'REJECTED' || cumulative === 0n, 'a rejected order has no fills'],
    [cumulative === 0n || order.feeQuote !== undefined, 'nothing is filled before it was quoted'],
    [order.status !== 'RECEIVED' || !isHeld(order), 'nothing is reserved while RECEIVED'],
    [closed || isUnrouted(order) || isHeld(order), 'an order at the exchange has its reservation'],
    [isSettled(order) || isHeld(order), 'nothing is released before all is posted and charged'],
    [
      !completed || (isSettled(order) && reservation.kind === 'released'),
      'completed means settled and released',
    ],
    [staysWithinHold(order), 'postings and fees stay within the reservation'],
    [order.status !== 'PENDING_CANCEL' || order.cancel !== 'NONE', 'PENDING_CANCEL has a cancel request'],
  ];
  return rules.flatMap(([sound, rule]) => (sound ? [] : [rule]));
}

function isHeld({ reservation }: Order): boolean {
  return reservation.kind === 'shares' || reservation.kind === 'cash';
}

function staysWithinHold(order: Order): boolean {
  const { reservation, executions } = order;
  if (reservation.kind !== 'cash') return true;
  const principals = executions.flatMap(({ posting }) =>
    posting.state === 'EXECUTED' ? [] : [posting.principal],
  );
  const spent = sumMoney(principals, reservation.principal.currency);
  return compareMoney(spent, reservation.principal) <= 0 && compareMoney(feesOf(order), reservation.fee) <= 0;
}
