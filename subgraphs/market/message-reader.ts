// What becomes of each message of the exchange: quotes go to the board, reports to the queue. One that cannot be read
// must not keep all others from coming; its order does not end, and shows.
import type { Logger } from '@simplebank/chassis';
import type { ApplicationMessage, Reject } from '@simplebank/fix';
import { changeOf, pricesOf } from './fix-messages.ts';
import type { QuoteBoard } from './quotes.ts';
import type { ReportQueue } from './report-queue.ts';
import type { SessionAlarms } from './session-gauge.ts';

export interface MessageReaderOptions {
  readonly log: Logger;
  readonly quotes: QuoteBoard;
  readonly reports: ReportQueue;
  readonly alarms: SessionAlarms;
}

export type MessageReader = (
  message: ApplicationMessage | Reject,
  place: { readonly incomingSeq: number },
) => Promise<void>;

export function createMessageReader({ log, quotes, reports, alarms }: MessageReaderOptions): MessageReader {
  function understood<T>(message: ApplicationMessage, read: () => T | undefined): T | undefined {
    try {
      const value = read();
      if (value === undefined) log.warn({ message }, 'a message of the exchange that is not used');
      return value;
    } catch (err) {
      if (message.msgType !== 'W') alarms.skipped();
      log.error({ err, message }, 'a message of the exchange that cannot be read');
      return undefined;
    }
  }

  return async (message, { incomingSeq }) => {
    switch (message.msgType) {
      case 'W': {
        const prices = understood(message, () => pricesOf(message));
        if (prices === undefined) return;
        return quotes.update(message.symbol, prices, new Date(message.transactTime ?? Date.now()));
      }
      case '8':
      case '9': {
        const change = understood(message, () => changeOf(message));
        return change === undefined ? undefined : reports.put({ change, incomingSeq });
      }
      default:
        log.error({ message }, 'the exchange refused a message');
    }
  };
}
