// What an order answers when something may not happen to it: a value, so that the compiler makes the caller look.
import type { OrderEvent } from './order-events.ts';

/**
 * ORDER_NOT_CANCELABLE is for the customer. The others say that a service or the exchange contradicts what is
 * recorded: an operator must look, since going on would mean to guess.
 */
export type RefusalCode =
  | 'ORDER_NOT_CANCELABLE'
  | 'UNKNOWN_ORDER'
  | 'ORDER_EXISTS'
  | 'IMPOSSIBLE_REPLY'
  | 'IMPOSSIBLE_REPORT'
  | 'OVERFILL'
  | 'EXECUTION_ID_REUSED'
  | 'CUMULATIVE_MISMATCH'
  | 'NOT_FINISHED';

export interface Refusal {
  readonly refused: RefusalCode;
  /** For people who operate the bank. */
  readonly message: string;
}

/** No events when all of it is recorded already. */
export type Decision = readonly OrderEvent[] | Refusal;

export function isRefusal(decision: Decision): decision is Refusal {
  return 'refused' in decision;
}

export function refuse(refused: RefusalCode, message: string): Refusal {
  return { refused, message };
}
