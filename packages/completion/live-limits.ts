// How much may be live at once: on one connection, of one customer, in one process. What counts is live-places.ts. Rates,
// which is how often one may ask, are rate-limits.ts.
import { countSetting } from '@simplebank/chassis';

/** Operations under way at once on one socket or reserved stream; a screen of an application has a handful. */
export const mostOperations = 100;
/** A client that has so much to take yet is waited for, where it does not hold up others. */
export const slowBytes = 64 * 1024;
/** A client that has so much to take yet is cut off, and resumes by its cursor: events are never left out. */
export const mostBufferedBytes = 1024 * 1024;
/** When who was refused a connection may try again: what is dead of a customer's has been found and cut by then. */
export const retryAfterSeconds = 30;

export interface LiveLimitOptions {
  /** Sockets and streams of this process; 0 for no limit, as with all of these. */
  readonly connections: number;
  readonly connectionsPerCustomer: number;
  /** Operations under way on them, which are subscriptions but for a moment. */
  readonly subscriptions: number;
  readonly subscriptionsPerCustomer: number;
}

export const noLiveLimits: LiveLimitOptions = {
  connections: 0,
  connectionsPerCustomer: 0,
  subscriptions: 0,
  subscriptionsPerCustomer: 0,
};

/** The settings of every BFF. */
export const liveLimitSettings = {
  /** By memory: 8 kB each (bench/results), so that all of them take 160 MB. */
  LIVE_CONNECTIONS: countSetting.default(20_000),
  /** Far above the devices and tabs that people have, since loads of tests come as a handful of them. */
  LIVE_CONNECTIONS_PER_CUSTOMER: countSetting.default(2_000),
  /** Two for each connection. */
  LIVE_SUBSCRIPTIONS: countSetting.default(40_000),
  LIVE_SUBSCRIPTIONS_PER_CUSTOMER: countSetting.default(5_000),
};

export function liveLimitsOf(
  config: Readonly<Record<keyof typeof liveLimitSettings, number>>,
): LiveLimitOptions {
  return {
    connections: config.LIVE_CONNECTIONS,
    connectionsPerCustomer: config.LIVE_CONNECTIONS_PER_CUSTOMER,
    subscriptions: config.LIVE_SUBSCRIPTIONS,
    subscriptionsPerCustomer: config.LIVE_SUBSCRIPTIONS_PER_CUSTOMER,
  };
}
