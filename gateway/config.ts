// The settings of the bank's gateway.
import { fileURLToPath } from 'node:url';
import { flagSetting, millisecondsSetting } from '@simplebank/chassis';
import { z } from 'zod';

const bffs = ['bff-web', 'bff-mobile'];

export const settings = z.object({
  /** Path of the composed supergraph. */
  SUPERGRAPH_FILE: z.string().default(new URL('../schema/supergraph.graphql', import.meta.url).pathname),
  /** How often the file is looked at: a new supergraph goes live without a restart. */
  SUPERGRAPH_POLL_MS: millisecondsSetting.default(1_000),
  /** Folders of manifests of trusted documents, commas between them: their plans are made before they are asked for. */
  WARM_MANIFESTS: z
    .string()
    .default(bffs.map((name) => fileURLToPath(new URL(`../${name}/manifests`, import.meta.url))).join(',')),
  /** Lets clients ask for the schema; off in production. */
  INTROSPECTION: flagSetting.default(true),
});
