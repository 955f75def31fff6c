// The settings of the accounts service.
import { z } from 'zod';
import { flagSetting } from '@simplebank/chassis';

export const configSchema = z.object({
  /** Gives the demo customers their opening balances, each once. */
  SEED_DEMO: flagSetting.default(false),
});
