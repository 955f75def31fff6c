// The questions and commands that other services send, bound to the service.
import { answers, type InternalRoute } from '@simplebank/chassis';
import { chargeFee, listCharges, quoteFee } from '@simplebank/contracts';
import type { FeesService } from './service.ts';

export function internalRoutes({ quote, charge, chargesAfter }: FeesService): InternalRoute[] {
  return [answers(quoteFee, quote), answers(chargeFee, charge), answers(listCharges, chargesAfter)];
}
