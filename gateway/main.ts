// Wires the bank's gateway: the engine between the chassis' HTTP server and its calls to subgraphs.
import type { StartService } from '@simplebank/chassis';
import { openBankEngine } from './bank/bank-engine.ts';
import { serveBankFront } from './bank/bank-front.ts';
import { settings } from './config.ts';

export const start: StartService = async (host) => {
  const engine = await openBankEngine(host, host.config(settings));
  return host.serveHttp((app) => serveBankFront(app, engine, host.log));
};
