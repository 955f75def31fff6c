// The settings of the bank's gateway.
import { flagSetting, millisecondsSetting } from '@simplebank/chassis';
import { z } from 'zod';

export const settings = z.object({
  /** Path of the composed supergraph. */
  SUPERGRAPH_FILE: z.string().default(new URL('../schema/supergraph.graphql', import.meta.url).pathname),
  /** How often the file is looked at: a new supergraph goes live without a restart. */
  SUPERGRAPH_POLL_MS: millisecondsSetting.default(1_000),
  /** Lets clients ask for the schema; off in production. */
  INTROSPECTION: flagSetting.default(true),
});
