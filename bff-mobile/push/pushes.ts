// Pushes to sleeping phones, wired: what the mobile BFF adds to the client's API for them.
import type { Database } from '@simplebank/chassis';
import type { OwnRoutes } from '@simplebank/completion';
import { pushRoutes } from './push-routes.ts';
import { pushServicesOf } from './push-services.ts';
import { createSubscriptionStore } from './subscription-store.ts';
import { vapidKeysOf } from './vapid.ts';

export interface PushesOptions {
  readonly database: Database;
  readonly vapidSecret: string;
  readonly pushServices: string;
}

export function openPushes({ database, vapidSecret, pushServices }: PushesOptions): OwnRoutes {
  const store = createSubscriptionStore(database);
  const { publicKey } = vapidKeysOf(vapidSecret);
  return pushRoutes({ store, services: pushServicesOf(pushServices), publicKey });
}
