// The settings of the market service.
import { millisecondsSetting, portSetting } from '@simplebank/chassis';
import { z } from 'zod';

export const settings = z.object({
  EXCHANGE_HOST: z.string().default('127.0.0.1'),
  EXCHANGE_PORT: portSetting.default(4100),
  /** After so long without an answer an order is in doubt; the exchange answers within milliseconds. */
  EXCHANGE_ANSWER_TIMEOUT_MS: millisecondsSetting.default(1_500),
  /** Who we are to the exchange, and it to us (FIX CompIDs). */
  FIX_SENDER: z.string().default('SIMPLEBANK'),
  FIX_TARGET: z.string().default('SIMEX'),
});
