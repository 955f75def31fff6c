// The one way in which routes change: locked, decided by the domain, saved with their events in the caller's
// transaction. Many changes share one transaction, because each commit costs a flush of the disk.
import type { Transaction } from '@simplebank/chassis';
import { appendToOutbox, type EventEnvelope } from '@simplebank/events';
import { advance, type RouteEvent, type RouteMessage } from './domain/route.ts';
import { envelopeOf } from './events.ts';
import {
  executionsKnown,
  lockedRoutes,
  saveExecutions,
  saveRoutes,
  type ExecutionRow,
  type RouteRecord,
} from './route-store.ts';

export interface RouteChange {
  readonly orderId: string;
  readonly message: RouteMessage;
}

export interface AppliedChange extends RouteChange {
  readonly record: RouteRecord;
  readonly events: readonly RouteEvent[];
}

/**
 * Applies the changes in their order; its first statement locks the routes. An execution that is known already, and
 * an order that was never routed, are left out of the answer.
 */
export async function changeRoutes(
  tx: Transaction,
  changes: readonly RouteChange[],
): Promise<AppliedChange[]> {
  const records = new Map(await lockedRoutes(tx, [...new Set(changes.map(({ orderId }) => orderId))]));
  const known = await executionsKnown(tx, changes.flatMap(executionIdOf));
  const applied: AppliedChange[] = [];
  const changed = new Set<string>();
  const executions: ExecutionRow[] = [];
  const envelopes: EventEnvelope[] = [];
  for (const change of changes) {
    const record = records.get(change.orderId);
    if (record === undefined || executionIdOf(change).some((id) => known.has(id))) continue;
    for (const id of executionIdOf(change)) known.add(id);
    const { route, events } = advance(record.route, change.message);
    for (const [index, event] of events.entries()) {
      envelopes.push(envelopeOf(record, event, record.sequence + index + 1));
      if (event.type === 'ExecutionReported')
        executions.push({ terms: route.terms, execution: event.execution });
    }
    const next = { ...record, route, sequence: record.sequence + events.length };
    if (route !== record.route) changed.add(change.orderId);
    records.set(change.orderId, next);
    applied.push({ ...change, record: next, events });
  }
  await saveExecutions(tx, executions);
  await saveRoutes(
    tx,
    [...changed].flatMap((orderId) => records.get(orderId) ?? []),
  );
  await appendToOutbox(tx, envelopes);
  return applied;
}

function executionIdOf({ message }: RouteChange): string[] {
  return message.kind === 'executed' ? [message.execution.executionId] : [];
}
