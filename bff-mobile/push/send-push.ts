// One push to one device: encrypted for it (RFC 8291), signed by us (RFC 8292), given to its push service (RFC 8030). The
// library makes the request; it is sent here, with a time limit, and by no redirect to anywhere else.
import { createHash } from 'node:crypto';
import { Agent, request } from 'undici';
import webPush from 'web-push';
import { outcomeOf, type PushOutcome } from './push-outcome.ts';
import type { PushServices } from './push-services.ts';
import type { PushSubscription } from './push-subscription.ts';
import type { VapidKeys } from './vapid.ts';

/** A phone that is off for longer shows its orders when it is used again, without being told. */
export const timeToLiveSeconds = 24 * 60 * 60;
/** Far beyond what a push service takes. */
export const sendTimeoutMs = 10_000;
const connectTimeoutMs = 5_000;
/** What a push service says in its answer is not read. */
const mostAnswerBytes = 16 * 1_024;
/** RFC 8030, section 5.4: of the alphabet of base64url. */
const topicCharacters = 32;

export interface PushMessage {
  readonly orderId: string;
  /** That of the order's terminal event. */
  readonly cursor: string;
}

export interface PushSender {
  /** Throws when there is no answer. */
  send(subscription: PushSubscription, message: PushMessage): Promise<PushOutcome>;
  close(): Promise<void>;
}

export interface PushSenderOptions {
  readonly keys: VapidKeys;
  /** Whom a push service asks when something is wrong: a mailto: or https: URL. */
  readonly subject: string;
  readonly services: PushServices;
}

export function createPushSender({ keys, subject, services }: PushSenderOptions): PushSender {
  const agent = new Agent({ connect: { timeout: connectTimeoutMs } });
  const options = {
    vapidDetails: { subject, ...keys },
    TTL: timeToLiveSeconds,
    urgency: 'high',
    contentEncoding: 'aes128gcm',
  } as const;
  return {
    async send(subscription, { orderId, cursor }) {
      if (!services.includes(subscription.endpoint)) return { kind: 'gone' };
      const { headers, body } = webPush.generateRequestDetails(
        subscription,
        JSON.stringify({ orderId, cursor }),
        { ...options, topic: topicOf(orderId) },
      );
      const answer = await request(subscription.endpoint, {
        dispatcher: agent,
        method: 'POST',
        headers: Object.entries(headers).flatMap(([name, value]) => [name, String(value)]),
        body,
        signal: AbortSignal.timeout(sendTimeoutMs),
      });
      const { statusCode, headers: answered } = answer;
      await answer.body.dump({ limit: mostAnswerBytes });
      return outcomeOf(statusCode, answered['retry-after']?.toString());
    },
    close: () => agent.destroy(),
  };
}

/** A push that the device has not had yet is replaced by the next one of the same order. Says nothing to others. */
function topicOf(orderId: string): string {
  return createHash('sha256').update(orderId).digest('base64url').slice(0, topicCharacters);
}
