// The settings of the web BFF.
import { z } from 'zod';

/** A cursor is signed with this many characters at least. */
const shortestSecret = 32;

export const settings = z.object({
  /** Signs the cursors of subscriptions; the same in every process of every BFF. */
  CURSOR_SECRET: z.string().min(shortestSecret),
  /** Path of the composed API schema. */
  API_SCHEMA_FILE: z.string().default(new URL('../schema/api.graphql', import.meta.url).pathname),
});
