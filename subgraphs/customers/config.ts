// The settings of the customers service.
import { flagSetting } from '@simplebank/chassis';
import { z } from 'zod';

export const settings = z.object({
  /** Seeds the customers of a development bank. */
  SEED_DEMO: flagSetting.default(false),
});
