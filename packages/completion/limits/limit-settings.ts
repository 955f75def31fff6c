// The settings of every BFF that say how much of it anybody may have. What they mean: rate-limits.ts and live-limits.ts.
import { countSetting, proxiesSetting, rateSetting } from '@simplebank/chassis';
import type { LiveLimitOptions } from './live-limits.ts';
import type { RateLimitOptions } from './rate-limits.ts';

export const limitSettings = {
  /** Cost a second from one address, many of which stand for many customers; 0 behind a proxy that is not trusted. */
  RATE_LIMIT_PER_ADDRESS: rateSetting.default(10_000),
  /** Cost a second of one customer; far above what people need, since loads of tests come as a handful of them. */
  RATE_LIMIT_PER_CUSTOMER: rateSetting.default(2_000),
  /** Cost a second of one session of a customer: a device, or a browser. */
  RATE_LIMIT_PER_DEVICE: rateSetting.default(2_000),
  /** Addresses and subnets of proxies that are believed whom they name in X-Forwarded-For, with spaces between them. */
  TRUSTED_PROXIES: proxiesSetting.default(''),
  /** How many of them a request comes through, one behind another; what is named beyond is the client's own claim. */
  PROXY_HOPS: countSetting.default(1),
  /** By memory: 8 kB each (bench/results), so that all of them take 160 MB. */
  LIVE_CONNECTIONS: countSetting.default(20_000),
  /** Far above the devices and tabs that people have, for the same reason as above. */
  LIVE_CONNECTIONS_PER_CUSTOMER: countSetting.default(2_000),
  /** Two for each connection. */
  LIVE_SUBSCRIPTIONS: countSetting.default(40_000),
  LIVE_SUBSCRIPTIONS_PER_CUSTOMER: countSetting.default(5_000),
};

type LimitConfig = {
  readonly [Name in keyof typeof limitSettings]: Name extends 'TRUSTED_PROXIES' ? string : number;
};

export function limitsOf(config: LimitConfig): {
  readonly rateLimits: RateLimitOptions;
  readonly liveLimits: LiveLimitOptions;
} {
  return {
    rateLimits: {
      perAddress: config.RATE_LIMIT_PER_ADDRESS,
      perCustomer: config.RATE_LIMIT_PER_CUSTOMER,
      perDevice: config.RATE_LIMIT_PER_DEVICE,
      trustedProxies: config.TRUSTED_PROXIES,
      proxyHops: config.PROXY_HOPS,
    },
    liveLimits: {
      connections: config.LIVE_CONNECTIONS,
      connectionsPerCustomer: config.LIVE_CONNECTIONS_PER_CUSTOMER,
      subscriptions: config.LIVE_SUBSCRIPTIONS,
      subscriptionsPerCustomer: config.LIVE_SUBSCRIPTIONS_PER_CUSTOMER,
    },
  };
}
