// What /metrics says about the session with the exchange, for alarms: the bank takes orders without it, but they wait.
import type { ServiceHost } from '@simplebank/chassis';

export interface SessionAlarms {
  /** A report of the exchange could not be read or written, and was left out. */
  readonly skipped: () => void;
  /** The exchange counts other fills of an order than are recorded. */
  readonly mismatch: () => void;
}

/** Every one of them is for an operator: something that the exchange said is not in our books. */
export function sessionAlarms({ counter }: ServiceHost['metrics']): SessionAlarms {
  return {
    skipped: counter(
      'exchange_reports_skipped_total',
      'Reports of the exchange that could not be read or written.',
    ),
    mismatch: counter(
      'exchange_mismatch_total',
      'Reports that count other fills of an order than are recorded.',
    ),
  };
}

const states = ['not-held', 'disconnected', 'logging-on', 'active', 'logging-out'] as const;

/**
 * 1 for the state that the session is in, 0 for the others; `not-held` when another process has it. So an alarm asks
 * whether any replica says `active`.
 */
export function gaugeSession({ gauge }: ServiceHost['metrics'], state: () => (typeof states)[number]): void {
  gauge('exchange_session_state', 'State of the FIX session with the exchange: 1 for the present one.', {
    label: 'state',
    read: async () => new Map(states.map((each) => [each, each === state() ? 1 : 0])),
  });
}
