// One holding of the FIX session with the exchange: connected again and again, reports queued into the database, due
// orders sent, until this process stops or another one has taken over.
import { setTimeout as pause } from 'node:timers/promises';
import {
  backgroundContext,
  newCorrelationId,
  runInContext,
  type Database,
  type Logger,
} from '@simplebank/chassis';
import {
  FixSession,
  startInitiator,
  systemClock,
  type ApplicationMessage,
  type Reject,
  type SessionEvent,
  type SessionState,
} from '@simplebank/fix';
import { formatQuantity } from '@simplebank/money';
import type { z } from 'zod';
import type { settings } from './config.ts';
import { fillsDiffer } from './domain/route.ts';
import { changeOf, pricesOf, quotesRequest } from './fix-messages.ts';
import { createFixSessionStore, saveReceived } from './fix-session-store.ts';
import { startOrderSender } from './order-sender.ts';
import type { QuoteBoard } from './quotes.ts';
import { writeFaultOf } from './report-faults.ts';
import { createReportQueue, type QueuedReport } from './report-queue.ts';
import { changeRoutes, type AppliedChange } from './route-changes.ts';
import { makeAllDue } from './route-store.ts';
import type { SessionAlarms } from './session-gauge.ts';
import type { MarketStore } from './store.ts';

/** At the end waiting reports are written for so long; what is left comes again to the next holder. */
const DRAIN_MS = 1_000;

export interface TenureOptions {
  readonly host: { readonly log: Logger };
  readonly database: Database;
  readonly store: MarketStore;
  readonly quotes: QuoteBoard;
  readonly alarms: SessionAlarms;
  /** Events have been committed. */
  readonly onEvents: () => void;
}

export interface Tenure {
  state(): SessionState;
  /** Something is due to be sent. */
  nudge(): void;
  /** Keeps quotes, and how far session traffic has been read. */
  save(): Promise<void>;
  /** Logs out and writes what is left. */
  end(): Promise<void>;
  /** Another process may hold the session already: nothing more is written. */
  abandon(): Promise<void>;
}

export async function beginTenure(
  options: TenureOptions,
  config: z.output<typeof settings>,
  owner: string,
): Promise<Tenure> {
  const { host, database, store, quotes, alarms, onEvents } = options;
  const { log } = host;
  const sessionStore = createFixSessionStore(database, owner);
  const symbols = (await store.instruments()).map(({ symbol }) => symbol);

  const queue = createReportQueue({
    commit: (reports) => commitReports(reports),
    onFault: (err) => log.warn({ err }, 'reports could not be written'),
    faultOf: writeFaultOf,
    onSkipped(report, err) {
      alarms.skipped();
      log.error({ err, report }, 'a report of the exchange that cannot be written is left out');
    },
  });

  async function commitReports(reports: readonly QueuedReport[]): Promise<void> {
    const changes = reports.map(({ change }) => change);
    const applied = await database.transaction(async (tx) => {
      const written = await changeRoutes(tx, changes);
      await saveReceived(tx, owner, Math.max(...reports.map(({ incomingSeq }) => incomingSeq)) + 1);
      return written;
    });
    for (const change of applied) {
      logReport(log, change);
      if (fillsDiffer(change.record.route, change.message)) alarms.mismatch();
    }
    if (applied.length < changes.length) {
      log.info(
        { reports: changes.length - applied.length },
        'reports known already, or of orders that are not ours',
      );
    }
    onEvents();
    sender.nudge();
  }

  async function onMessage(
    message: ApplicationMessage | Reject,
    { incomingSeq }: { incomingSeq: number },
  ): Promise<void> {
    switch (message.msgType) {
      case 'W': {
        const prices = understood(message, () => pricesOf(message));
        if (prices === undefined) return;
        return quotes.update(message.symbol, prices, new Date(message.transactTime ?? Date.now()));
      }
      case '8':
      case '9': {
        const change = understood(message, () => changeOf(message));
        return change === undefined ? undefined : queue.put({ change, incomingSeq });
      }
      default:
        log.error({ message }, 'the exchange refused a message');
    }
  }

  /** One message that cannot be read must not keep all others from coming; its order does not end, and shows. */
  function understood<T>(message: ApplicationMessage, read: () => T | undefined): T | undefined {
    try {
      const value = read();
      if (value === undefined) log.warn({ message }, 'a message of the exchange that is not used');
      return value;
    } catch (err) {
      if (message.msgType !== 'W') alarms.skipped();
      log.error({ err, message }, 'a message of the exchange that cannot be read');
      return undefined;
    }
  }

  function onEvent(event: SessionEvent): void {
    if (event.kind !== 'logged-on') return log.info({ event }, 'session with the exchange');
    log.info('logged on to the exchange');
    const request = quotesRequest(newCorrelationId(), symbols);
    Promise.all([session.send(request), makeAllDue(database)]).then(
      () => sender.nudge(),
      (err: unknown) => log.warn({ err }, 'the session could not be taken up fully'),
    );
  }

  const session = await FixSession.open({
    role: 'initiator',
    senderCompId: config.FIX_SENDER,
    targetCompId: config.FIX_TARGET,
    store: {
      ...sessionStore,
      // Reports that still wait carry numbers of before.
      reset: () => queue.drained().then(sessionStore.reset),
    },
    clock: systemClock,
    onMessage,
    onEvent,
  });
  const sender = startOrderSender({
    database,
    owner,
    answerTimeoutMs: config.EXCHANGE_ANSWER_TIMEOUT_MS,
    isActive: () => session.state === 'active',
    send: (message) => session.send(message),
    log,
    onEvents,
  });
  const initiator = startInitiator({
    host: config.EXCHANGE_HOST,
    port: config.EXCHANGE_PORT,
    session,
    onConnectFailed: (err) => log.debug({ err }, 'the exchange cannot be reached'),
  });

  return {
    state: () => session.state,
    nudge: () => sender.nudge(),
    async save() {
      await quotes.save();
      // Session traffic and quotes need no transaction of their own; reports that still wait must come first.
      if (queue.empty) await saveReceived(database, owner, sessionStore.incoming.next);
    },
    async end() {
      await sender.stop();
      await initiator.stop();
      await Promise.race([queue.drained(), pause(DRAIN_MS)]);
      await queue.close();
    },
    async abandon() {
      await queue.close();
      await Promise.all([sender.stop(), initiator.stop()]);
    },
  };
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
