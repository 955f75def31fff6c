// Sends what is due to the exchange: orders once, questions and cancels until they are answered. It reads what is
// due from the routes' rows, so that it needs no memory of its own and a restart goes on where the last run stood.
import { setTimeout as pause } from 'node:timers/promises';
import {
  backgroundContext,
  runInContext,
  type Database,
  type Logger,
  type Tracing,
} from '@simplebank/chassis';
import type { ApplicationMessage, SendResult } from '@simplebank/fix';
import { exchangeAttributes } from './exchange-spans.ts';
import { messagesFor } from './fix-messages.ts';
import { changeRoutes } from './route-changes.ts';
import { askForQuiet, claimDue, overdueRoutes, type DueRoute } from './route-store.ts';

/** Sent at once; the next ones follow right behind. */
const BATCH_ROUTES = 200;
/** An exchange that does not answer is asked less and less often, but at least this often. */
const LONGEST_PATIENCE_MS = 10_000;
/** An acknowledged order is asked for this often, in case its end was lost: rarely, since hardly any ever is. */
const QUIET_MS = 30_000;
/** Quiet orders are looked for this often, a batch at a time, so that many of them do not crowd out new ones. */
const LOOK_FOR_QUIET_MS = 1_000;
/** How often what is overdue is looked for; what is new comes by a nudge, from another replica by a notice. */
export const POLL_MS = 100;
/** Nudges do not count for this long after a failure, so that a database that is away is not hammered. */
const PAUSE_AFTER_FAILURE_MS = 200;

export interface OrderSenderOptions {
  readonly database: Database;
  readonly owner: string;
  /** After so long without an answer an order is in doubt, and what was asked is asked again. */
  readonly answerTimeoutMs: number;
  readonly isActive: () => boolean;
  readonly send: (message: ApplicationMessage) => Promise<SendResult>;
  readonly log: Logger;
  readonly tracing: Tracing;
  /** Events have been committed. */
  readonly onEvents: () => void;
}

export interface OrderSender {
  nudge(): void;
  stop(): Promise<void>;
}

export function startOrderSender(options: OrderSenderOptions): OrderSender {
  const { database, owner, answerTimeoutMs, isActive, log, tracing, onEvents } = options;
  let stopped = false;
  let nudged = false;
  let lookedForQuietAt = -Infinity;
  let wake: () => void = () => {};

  async function run(): Promise<boolean> {
    const doubted = await doubt();
    if (!isActive()) return doubted;
    if (performance.now() - lookedForQuietAt >= LOOK_FOR_QUIET_MS) {
      lookedForQuietAt = performance.now();
      await askForQuiet(database, QUIET_MS, BATCH_ROUTES);
    }
    const due = await claimDue(database, {
      owner,
      patienceMs: answerTimeoutMs,
      longestPatienceMs: LONGEST_PATIENCE_MS,
      most: BATCH_ROUTES,
    });
    // All of them are put on the wire in this order before the first answer is awaited.
    await Promise.all(due.flatMap((route) => sendFor(route)));
    return doubted || due.length === BATCH_ROUTES;
  }

  /** True when there may be more. */
  async function doubt(): Promise<boolean> {
    const orderIds = await overdueRoutes(database, answerTimeoutMs, BATCH_ROUTES);
    if (orderIds.length === 0) return false;
    const changes = orderIds.map((orderId) => ({ orderId, message: { kind: 'unanswered' } as const }));
    await database.transaction((tx) => changeRoutes(tx, changes));
    log.warn({ orderIds }, 'orders without an answer are in doubt');
    onEvents();
    return orderIds.length === BATCH_ROUTES;
  }

  /** What could not be sent is asked for after the next logon, like everything that got no answer. */
  function sendFor(due: DueRoute): Promise<void>[] {
    const { correlationId, traceparent, route } = due;
    const context = backgroundContext({ correlationId, traceparent, orderId: route.terms.orderId });
    return messagesFor(due, Date.now()).map((message) => runInContext(context, () => sendMessage(message)));
  }

  /** The exchange knows nothing of traces: its reports find theirs by the route, which keeps the traceparent. */
  function sendMessage(message: ApplicationMessage): Promise<void> {
    const { msgType } = message;
    const attributes = { ...exchangeAttributes('send'), 'fix.msg_type': msgType };
    return tracing.inSpan('send exchange', { kind: 'producer', attributes }, async (span) => {
      const result = await options.send(message);
      if (result.ok) return log.info({ msgType, seq: result.seq }, 'sent to the exchange');
      span.fail(result.code);
      log.warn({ msgType, code: result.code }, 'not sent to the exchange');
    });
  }

  async function sleep(): Promise<void> {
    if (nudged || stopped) return;
    const woken = Promise.withResolvers<void>();
    wake = woken.resolve;
    const timer = setTimeout(woken.resolve, POLL_MS);
    await woken.promise;
    clearTimeout(timer);
  }

  async function cycle(): Promise<void> {
    while (!stopped) {
      nudged = false;
      try {
        if (!(await run())) await sleep();
      } catch (err) {
        log.warn({ err }, 'orders could not be sent and are tried again');
        await pause(PAUSE_AFTER_FAILURE_MS);
      }
    }
  }

  const cycling = cycle();
  return {
    nudge() {
      nudged = true;
      wake();
    },
    async stop() {
      stopped = true;
      wake();
      await cycling;
    },
  };
}
