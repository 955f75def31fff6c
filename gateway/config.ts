// The settings of the gateway.
import { flagSetting } from '@simplebank/chassis';
import { z } from 'zod';

export const settings = z.object({
  /** Path of the composed supergraph. */
  SUPERGRAPH_FILE: z.string().default(new URL('../schema/supergraph.graphql', import.meta.url).pathname),
  /** Lets clients ask for the schema; off in production. */
  INTROSPECTION: flagSetting.default(true),
});
