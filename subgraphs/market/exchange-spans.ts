// The exchange in the bank's traces. It is an outside party, reached by FIX, which carries no trace: so a route keeps
// the traceparent of the request that brought it, and what is sent and reported for it are spans below that one.
import type { Tracing } from '@simplebank/chassis';
import type { AppliedChange } from './route-changes.ts';

export function exchangeAttributes(operation: 'send' | 'process') {
  return {
    'messaging.system': 'fix',
    'messaging.destination.name': 'exchange',
    'messaging.operation.type': operation,
    'messaging.operation.name': operation,
  };
}

/** A report that has been written, with others in one transaction, which began at `startedAt` (Unix, ms). */
export function traceReport(tracing: Tracing, { record, message }: AppliedChange, startedAt: number): void {
  const attributes = {
    ...exchangeAttributes('process'),
    'simplebank.report': message.kind,
    'simplebank.correlation_id': record.correlationId,
    'simplebank.order_id': record.route.terms.orderId,
  };
  tracing.begin(record.traceparent, 'process exchange', { kind: 'consumer', startedAt, attributes })?.end();
}
