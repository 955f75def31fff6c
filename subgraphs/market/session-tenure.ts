// One holding of the FIX session with the exchange: connected again and again, reports queued into the database, due
// orders sent, until this process stops or another one has taken over.
import { setTimeout as pause } from 'node:timers/promises';
import { newCorrelationId, type Database, type Logger, type Tracing } from '@simplebank/chassis';
import { FixSession, startInitiator, systemClock, type SessionState } from '@simplebank/fix';
import type { z } from 'zod';
import type { settings } from './config.ts';
import { quotesRequest } from './fix-messages.ts';
import { createFixSessionStore, saveReceived } from './fix-session-store.ts';
import { createMessageReader } from './message-reader.ts';
import { startOrderSender } from './order-sender.ts';
import type { QuoteBoard } from './quotes.ts';
import type { ReportQueue } from './report-queue.ts';
import { createReportWriter } from './report-writer.ts';
import { makeAllDue } from './route-store.ts';
import type { SessionAlarms } from './session-gauge.ts';
import type { MarketStore } from './store.ts';

/** At the end waiting reports are written for so long; what is left comes again to the next holder. */
const DRAIN_MS = 1_000;

export interface TenureOptions {
  readonly host: { readonly log: Logger; readonly tracing: Tracing };
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

type Config = z.output<typeof settings>;

export async function beginTenure(options: TenureOptions, config: Config, owner: string): Promise<Tenure> {
  const { host, database, quotes, alarms, onEvents } = options;
  const { log, tracing } = host;
  const numbers = createFixSessionStore(database, owner);
  const onWritten = () => {
    onEvents();
    sender.nudge();
  };
  const reports = createReportWriter({ log, tracing, database, owner, alarms, onWritten });
  const session = await openSession(options, config, { numbers, reports, onTakenUp: () => sender.nudge() });
  const sender = startOrderSender({
    database,
    owner,
    answerTimeoutMs: config.EXCHANGE_ANSWER_TIMEOUT_MS,
    isActive: () => session.state === 'active',
    send: (message) => session.send(message),
    log,
    tracing,
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
      if (reports.empty) await saveReceived(database, owner, numbers.incoming.next);
    },
    async end() {
      await sender.stop();
      await initiator.stop();
      await Promise.race([reports.drained(), pause(DRAIN_MS)]);
      await reports.close();
    },
    async abandon() {
      await reports.close();
      await Promise.all([sender.stop(), initiator.stop()]);
    },
  };
}

interface SessionParts {
  readonly numbers: ReturnType<typeof createFixSessionStore>;
  readonly reports: ReportQueue;
  /** Logged on, and everything without an answer is due. */
  readonly onTakenUp: () => void;
}

async function openSession(
  { host: { log }, database, store, quotes, alarms }: TenureOptions,
  config: Config,
  { numbers, reports, onTakenUp }: SessionParts,
): Promise<FixSession> {
  const symbols = (await store.instruments()).map(({ symbol }) => symbol);
  const session = await FixSession.open({
    role: 'initiator',
    senderCompId: config.FIX_SENDER,
    targetCompId: config.FIX_TARGET,
    store: {
      ...numbers,
      // Reports that still wait carry numbers of before.
      reset: () => reports.drained().then(numbers.reset),
    },
    clock: systemClock,
    onMessage: createMessageReader({ log, quotes, reports, alarms }),
    onEvent(event) {
      if (event.kind !== 'logged-on') return log.info({ event }, 'session with the exchange');
      log.info('logged on to the exchange');
      const request = quotesRequest(newCorrelationId(), symbols);
      Promise.all([session.send(request), makeAllDue(database)]).then(onTakenUp, (err: unknown) =>
        log.warn({ err }, 'the session could not be taken up fully'),
      );
    },
  });
  return session;
}
