// The settings of the web BFF.
import { flagSetting } from '@simplebank/chassis';
import { limitSettings, longestAskMs } from '@simplebank/completion';
import { z } from 'zod';
import type { WebSessionsSettings } from './session/open-web-sessions.ts';

/** A cursor is signed with this many characters at least. */
const shortestSecret = 32;
/** Within less nothing is answered. */
const shortestDeadlineMs = 100;

/** As a browser writes it: one host, without a path. */
const originPattern = /^https?:\/\/[\w.-]+(:\d+)?$/;
const originSetting = z
  .string()
  .refine((text) => originPattern.test(text) && URL.canParse(text) && new URL(text).origin === text, {
    error: 'is no origin, such as https://web.bank.example',
  });

export const settings = z.object({
  /** Signs the cursors of subscriptions; the same in every process of every BFF. */
  CURSOR_SECRET: z.string().min(shortestSecret),
  /** Where browsers reach this BFF, such as https://web.bank.example. */
  BFF_WEB_ORIGIN: originSetting.default('http://127.0.0.1:3000'),
  /** Origins whose pages may use the session too, with a space between them; they must be of the same site. */
  ALLOWED_ORIGINS: z
    .string()
    .default('')
    .transform((text) => text.split(' ').filter((origin) => origin !== ''))
    .pipe(z.array(originSetting)),
  /** Where browsers reach the OpenID provider, if not where this process finds it. */
  IDENTITY_BROWSER_ORIGIN: originSetting.optional(),
  /** Takes tokens that clients bring themselves too: for tests, demos and tools. Production has browsers only. */
  ACCEPT_TOKENS: flagSetting.default(true),
  /** What this BFF shows to the OpenID provider. */
  BFF_WEB_CLIENT_SECRET: z.string().min(shortestSecret),
  /** Seals the tokens of sessions; the same in every process of the web BFF. */
  SESSION_SECRET: z.string().min(shortestSecret),
  /** Path of the composed API schema. */
  API_SCHEMA_FILE: z.string().default(new URL('../schema/api.graphql', import.meta.url).pathname),
  /** Folder of the manifests, one of each version of the client that was shipped. */
  MANIFESTS_DIR: z.string().default(new URL('./manifests/', import.meta.url).pathname),
  /** Production: runs only documents of a manifest. Off by default, so that developers may ask what they like. */
  TRUSTED_DOCUMENTS_ONLY: flagSetting.default(false),
  /** Of a request that brings no x-deadline-ms. People at a screen give up by then. */
  DEADLINE_MS: z.coerce.number().int().min(shortestDeadlineMs).max(longestAskMs).default(5_000),
  ...limitSettings,
});

export function sessionSettings(config: z.output<typeof settings>, issuer: string): WebSessionsSettings {
  return {
    origin: config.BFF_WEB_ORIGIN,
    allowedOrigins: config.ALLOWED_ORIGINS,
    issuer,
    providerOrigin: config.IDENTITY_BROWSER_ORIGIN,
    clientSecret: config.BFF_WEB_CLIENT_SECRET,
    sessionSecret: config.SESSION_SECRET,
    acceptsTokens: config.ACCEPT_TOKENS,
  };
}
