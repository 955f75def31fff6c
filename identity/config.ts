// The settings of the development identity provider.
import { flagSetting } from '@simplebank/chassis';
import { z } from 'zod';

export const settings = z.object({
  /** Where the signing key is kept, so that tokens outlive a restart. */
  IDENTITY_DATA_DIR: z.string(),
  /** Lets the customers of a development bank sign in. */
  SEED_DEMO: flagSetting.default(false),
});
