// The settings of the development identity provider.
import { flagSetting } from '@simplebank/chassis';
import { z } from 'zod';
import type { OpenIdClientSettings } from './openid-clients.ts';

export const settings = z.object({
  /** Where the signing keys are kept, so that tokens outlive a restart. */
  IDENTITY_DATA_DIR: z.string(),
  /** Lets the customers of a development bank sign in. */
  SEED_DEMO: flagSetting.default(false),
  /** The web BFF proves by it who it is; without it the web client is not registered. */
  BFF_WEB_CLIENT_SECRET: z.string().min(32).optional(),
  /** Where browsers reach the web BFF. */
  BFF_WEB_ORIGIN: z.url().default('http://127.0.0.1:3000'),
  /** With a space between them; a loopback address without a port stands for all ports. */
  BFF_MOBILE_REDIRECT_URIS: z
    .string()
    .default('com.simplebank.mobile:/callback http://127.0.0.1/callback')
    .transform((text) => text.split(' '))
    .pipe(z.array(z.url())),
  /** A proxy before it ends TLS; without one, what X-Forwarded-Proto says is not believed. */
  IDENTITY_BEHIND_PROXY: flagSetting.default(false),
});

export function clientSettings(config: z.output<typeof settings>): OpenIdClientSettings {
  return {
    webSecret: config.BFF_WEB_CLIENT_SECRET,
    webRedirectUri: new URL('/session/callback', config.BFF_WEB_ORIGIN).href,
    webLoggedOutUri: new URL('/', config.BFF_WEB_ORIGIN).href,
    mobileRedirectUris: config.BFF_MOBILE_REDIRECT_URIS,
  };
}
