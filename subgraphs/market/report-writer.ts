// Writes the exchange's reports: in order, as many as have come in one transaction with the FIX number up to which
// they are done. What was written is then told: in the log and the trace of its order, and to the alarms.
import {
  backgroundContext,
  runInContext,
  type Database,
  type Logger,
  type Tracing,
} from '@simplebank/chassis';
import { formatQuantity } from '@simplebank/money';
import { fillsDiffer } from './domain/route.ts';
import { traceReport } from './exchange-spans.ts';
import { saveReceived } from './fix-session-store.ts';
import { writeFaultOf } from './report-faults.ts';
import { createReportQueue, type QueuedReport, type ReportQueue } from './report-queue.ts';
import { changeRoutes, type AppliedChange } from './route-changes.ts';
import type { SessionAlarms } from './session-gauge.ts';

export interface ReportWriterOptions {
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly database: Database;
  /** Who must hold the session, or nothing is written. */
  readonly owner: string;
  readonly alarms: SessionAlarms;
  /** Reports, and the events that they made, have been committed. */
  readonly onWritten: () => void;
}

export function createReportWriter(options: ReportWriterOptions): ReportQueue {
  const { log, alarms } = options;
  return createReportQueue({
    commit: (reports) => commitReports(options, reports),
    onFault: (err) => log.warn({ err }, 'reports could not be written'),
    faultOf: writeFaultOf,
    onSkipped(report, err) {
      alarms.skipped();
      log.error({ err, report }, 'a report of the exchange that cannot be written is left out');
    },
  });
}

async function commitReports(
  { log, tracing, database, owner, alarms, onWritten }: ReportWriterOptions,
  reports: readonly QueuedReport[],
): Promise<void> {
  const startedAt = Date.now();
  const changes = reports.map(({ change }) => change);
  const applied = await database.transaction(async (tx) => {
    const written = await changeRoutes(tx, changes);
    await saveReceived(tx, owner, Math.max(...reports.map(({ incomingSeq }) => incomingSeq)) + 1);
    return written;
  });
  for (const change of applied) {
    logReport(log, change);
    traceReport(tracing, change, startedAt);
    if (fillsDiffer(change.record.route, change.message)) alarms.mismatch();
  }
  if (applied.length < changes.length) {
    log.info(
      { reports: changes.length - applied.length },
      'reports known already, or of orders that are not ours',
    );
  }
  onWritten();
}

function logReport(log: Logger, { record, message, events }: AppliedChange): void {
  const { correlationId, traceparent, route } = record;
  const context = backgroundContext({ correlationId, traceparent, orderId: route.terms.orderId });
  const seen = { report: message.kind, state: route.state.kind, events: events.map(({ type }) => type) };
  runInContext(context, () => {
    log.info(seen, 'report of the exchange');
    if (fillsDiffer(route, message)) {
      const recorded = formatQuantity(route.cumulative);
      log.error({ message, recorded }, 'the exchange counts other fills of the order than are recorded');
    }
  });
}
