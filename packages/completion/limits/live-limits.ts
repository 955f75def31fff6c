// How much may be live at once: on one connection, of one customer, in one process. What counts is live-places.ts. Rates,
// which is how often one may ask, are rate-limits.ts; the settings of both limit-settings.ts.

/** Operations under way at once on one socket or reserved stream; a screen of an application has a handful. */
export const mostOperations = 100;
/** A client that has so much to take yet is waited for, where it does not hold up others. */
export const slowBytes = 64 * 1024;
/** A client that has so much to take yet is cut off, and resumes by its cursor: events are never left out. */
export const mostBufferedBytes = 1024 * 1024;
/** All states that are polled are together read so often at most, a small part of what a process's live path carries. */
export const mostPolledReadsPerSecond = 100;
/** Different states that are polled for one customer in one process; a screen shows a list of quotes or two. */
export const mostPolledStatesPerCustomer = 20;
/**
 * When who was refused a connection may try again: dead sockets of a customer's have been found and cut by then. Nobody
 * answers on a stream: a dead one holds its place until TCP gives it up, on Linux after a quarter of an hour
 * (net.ipv4.tcp_retries2), and whoever waits for just that place comes again as often.
 */
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
