// The settings of the mobile BFF.
import { flagSetting } from '@simplebank/chassis';
import { isAppVersion, limitSettings, longestAskMs } from '@simplebank/completion';
import { z } from 'zod';

/** A cursor is signed with this many characters at least. */
const shortestSecret = 32;
/** Within less nothing is answered. */
const shortestDeadlineMs = 100;

export const settings = z.object({
  /** Signs the cursors of subscriptions; the same in every process of every BFF. */
  CURSOR_SECRET: z.string().min(shortestSecret),
  /** Path of the composed API schema. */
  API_SCHEMA_FILE: z.string().default(new URL('../schema/api.graphql', import.meta.url).pathname),
  /** Folder of the manifests, one of each version of the client that was shipped. */
  MANIFESTS_DIR: z.string().default(new URL('./manifests/', import.meta.url).pathname),
  /** Production: runs only documents of a manifest. Off by default, so that developers may ask what they like. */
  TRUSTED_DOCUMENTS_ONLY: flagSetting.default(false),
  /** Of a request that brings no x-deadline-ms. A phone is often on a slow network, and asks again at a cost. */
  DEADLINE_MS: z.coerce.number().int().min(shortestDeadlineMs).max(longestAskMs).default(8_000),
  /** The lowest version of the application that is served, such as 2.10.0; without it all are. */
  MINIMUM_APP_VERSION: z.string().refine(isAppVersion, 'a version is three numbers').optional(),
  /** Takes who says no version for too old. Off by default, since the first versions of an application say none. */
  APP_VERSION_REQUIRED: flagSetting.default(false),
  ...limitSettings,
});
