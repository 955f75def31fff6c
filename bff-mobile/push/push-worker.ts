// Sends what is due, in every process: each push is one process's for as long as sending takes (due-push-store.ts).
import { backgroundContext, runInContext, type Logger, type Metrics } from '@simplebank/chassis';
import { startLoop } from '@simplebank/events';
import type { DuePush, DuePushStore } from './due-push-store.ts';
import { mostAttempts, pauseMs, type PushOutcome } from './push-outcome.ts';
import { sendTimeoutMs, type PushMessage, type PushSender } from './send-push.ts';

/** A push costs a third of a millisecond of CPU; the rest is waiting for push services, some of them slow. */
const mostAtOnce = 16;
/** After the grace of seconds nobody notices it; one cheap index scan. */
const pollMs = 500;
/** What a killed process was sending is sent again then: above the longest send and the statements after it. */
const leaseMs = 3 * sendTimeoutMs;

export interface PushWorkerOptions {
  readonly store: DuePushStore;
  readonly sender: Pick<PushSender, 'send'>;
  readonly messageOf: (push: DuePush) => PushMessage;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export function startPushWorker(options: PushWorkerOptions): { stop(): Promise<void> } {
  const { store, log } = options;
  const settle = settler(options);
  const underWay = new Set<Promise<void>>();
  const loop = startLoop({
    async run() {
      const room = mostAtOnce - underWay.size;
      const due = room === 0 ? [] : await store.claim(room, leaseMs);
      for (const push of due) track(push);
      return pollMs;
    },
    onError: (err) => log.warn({ err }, 'due pushes could not be read'),
  });

  function track(push: DuePush): void {
    const { correlationId, orderId } = push;
    const work = runInContext(backgroundContext({ correlationId, orderId }), () => deliver(push)).then(() => {
      // There may be more than there was room for.
      if (underWay.size === mostAtOnce) loop.nudge();
      underWay.delete(work);
    });
    underWay.add(work);
  }

  async function deliver(push: DuePush): Promise<void> {
    try {
      if (push.isTaken) {
        await store.remove(push);
        return;
      }
      const outcome = await options.sender
        .send(push.subscription, options.messageOf(push))
        .catch((err: unknown): PushOutcome => {
          log.info({ err }, 'a push service did not answer');
          return { kind: 'later' };
        });
      await settle(push, outcome);
    } catch (err) {
      // It is due again when its lease has run out.
      log.warn({ err }, 'the outcome of a push could not be recorded');
    }
  }

  return {
    async stop() {
      await loop.stop();
      await Promise.all(underWay);
    },
  };
}

/** Records what became of a push, and counts it. */
function settler({ store, metrics, log }: PushWorkerOptions) {
  const countSent = metrics.counter('pushes_sent_total', 'Pushes that a push service took.');
  const countFailed = metrics.counter('pushes_failed_total', 'Pushes that were given up.');
  const countGone = metrics.counter(
    'push_subscriptions_gone_total',
    'Devices that a push service no longer knew.',
  );
  return async (push: DuePush, outcome: PushOutcome): Promise<void> => {
    if (outcome.kind === 'sent') {
      await store.remove(push);
      countSent();
      log.info('pushed');
    } else if (outcome.kind === 'gone') {
      if (await store.removeDevice(push)) countGone();
    } else if (outcome.kind === 'later' && push.attempts < mostAttempts) {
      await store.postpone(push, pauseMs(push.attempts, outcome.wishMs));
    } else {
      await store.remove(push);
      countFailed();
      log.error({ attempts: push.attempts, outcome: outcome.kind }, 'a push was given up');
    }
  };
}
