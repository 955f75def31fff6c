// The commands that other services send, bound to the ledger.
import { answers, type InternalRoute } from '@simplebank/chassis';
import {
  getAvailability,
  postFee,
  postTrade,
  releaseReservation,
  reserveForOrder,
} from '@simplebank/contracts';
import type { Ledger } from './service.ts';

export function internalRoutes(ledger: Ledger): InternalRoute[] {
  return [
    answers(reserveForOrder, ledger.reserve),
    answers(postTrade, ledger.postTrade),
    answers(postFee, ledger.postFee),
    answers(releaseReservation, ledger.release),
    answers(getAvailability, ledger.availability),
  ];
}
