// Pushes to sleeping phones, wired: what the mobile BFF adds to the client's API for them.
import { millisecondsSetting, type Database, type ServiceHost } from '@simplebank/chassis';
import { createCursors, type ClientApiOptions } from '@simplebank/completion';
import { busOf, startInboxTrimming } from '@simplebank/events';
import { z } from 'zod';
import { listenForCompletions } from './completions.ts';
import { createDuePushStore } from './due-push-store.ts';
import { pushRoutes } from './push-routes.ts';
import { knownPushServices, pushServicesOf } from './push-services.ts';
import { startPushWorker } from './push-worker.ts';
import { createPushSender } from './send-push.ts';
import { removeDevicesOfEndedSessions } from './session-ends.ts';
import { createSubscriptionStore } from './subscription-store.ts';
import { keepTakenEvents } from './taken-events.ts';
import { vapidKeysOf } from './vapid.ts';

const pushSettings = z.object({
  /** The private key that pushes are signed with, 32 bytes in base64url; without it there are no pushes. */
  VAPID_SECRET: z
    .string()
    .regex(/^[\w-]{43}$/)
    .optional(),
  /** Whom a push service asks when something is wrong with our pushes. */
  VAPID_SUBJECT: z.url({ protocol: /^(mailto|https)$/ }).default('mailto:operations@simplebank.example'),
  /** Origins of the push services that devices may name, with a space between them. */
  PUSH_SERVICES: z.string().default(knownPushServices),
  /** How long a live socket has to take an order's terminal event before it is pushed. */
  PUSH_GRACE_MS: millisecondsSetting.default(5_000),
});

/** What the client's API is given for them. */
export type PushParts = Pick<ClientApiOptions, 'ownRoutes' | 'onTaken'>;

/** A bank gives it the key. Without it, as in tests of others, there are no pushes. */
export async function openPushes(
  host: ServiceHost,
  database: Database,
  cursorSecret: string,
): Promise<PushParts> {
  const config = host.config(pushSettings);
  if (config.VAPID_SECRET === undefined) return {};
  const keys = vapidKeysOf(config.VAPID_SECRET);
  const services = pushServicesOf(config.PUSH_SERVICES);
  const store = createDuePushStore(database);
  const sender = createPushSender({ keys, subject: config.VAPID_SUBJECT, services });
  host.onStop(() => sender.close());
  const cursors = createCursors(cursorSecret);
  const worker = startPushWorker({
    ...host,
    store,
    sender,
    // The same cursor as the event has over a socket: a device that gets both knows the second for the first.
    messageOf: ({ orderId, sequence }) => ({
      orderId,
      cursor: cursors.seal({ field: 'orderUpdated', key: orderId }, { sequence, final: true }),
    }),
  });
  host.onStop(() => worker.stop());
  host.onStop(startInboxTrimming({ database, log: host.log }).stop);
  const subscriptions = createSubscriptionStore(database);
  const bus = await busOf(host);
  const consumers = [
    await listenForCompletions({ ...host, bus, store, graceMs: config.PUSH_GRACE_MS }),
    await removeDevicesOfEndedSessions({ bus, store: subscriptions }),
  ];
  host.onStop(() => Promise.all(consumers.map((consumer) => consumer.stop())).then(() => undefined));
  const taken = keepTakenEvents({ ...host, database });
  host.onStop(() => taken.stop());
  const { publicKey } = keys;
  return {
    ownRoutes: pushRoutes({ store: subscriptions, services, publicKey }),
    onTaken: taken.onTaken,
  };
}
