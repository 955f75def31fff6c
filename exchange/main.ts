// The exchange as a process of its own: settings from the environment, one line on standard output when it is ready.
import { systemClock } from '@simplebank/fix';
import { readConfig } from './config.ts';
import { startExchange } from './exchange.ts';
import { announce, fail, log } from './lifecycle.ts';

try {
  const config = readConfig(process.env);
  const exchange = await startExchange({ config, clock: systemClock, log, onFault: fail });
  announce(exchange, config);
} catch (error) {
  fail(error);
}
