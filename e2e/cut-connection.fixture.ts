// One connection of a subscriber, whatever its transport, and when it is cut: told of the connection's beginning and of
// each event, a cut strikes once.
import type { HeardEvent } from './heard-events.fixture.ts';

/** When a connection is cut: after so many events on it, 0 being as soon as it stands, and so much later. */
export interface Cut {
  readonly afterEvents: number;
  readonly thenMs: number;
}

export interface Connection {
  readonly bffUrl: string;
  readonly token: string;
  readonly orderId: string;
  readonly cut: Cut | undefined;
  readonly cursor: string;
}

/** `fault`: the bank ended it, or refused it. */
export type End = 'completed' | 'cut' | 'fault';

/** One connection from its beginning to its end, over one of the transports. */
export type FollowOnce = (
  connection: Connection,
  seen: (event: HeardEvent, cursor: string) => void,
) => Promise<End>;

export interface DueCut {
  readonly isDone: boolean;
  stands(): void;
  eventCame(): void;
  /** The connection has ended by itself. */
  forget(): void;
}

export function dueCut(cut: Cut | undefined, strike: () => void): DueCut {
  let [events, isDone] = [0, false];
  let timer: NodeJS.Timeout | undefined;
  const doIt = () => {
    isDone = true;
    strike();
  };
  const checkDue = () => {
    if (cut === undefined || isDone || timer !== undefined || events < cut.afterEvents) return;
    if (cut.thenMs === 0) doIt();
    else timer = setTimeout(doIt, cut.thenMs);
  };
  return {
    get isDone() {
      return isDone;
    },
    stands: checkDue,
    eventCame() {
      events += 1;
      checkDue();
    },
    forget: () => clearTimeout(timer),
  };
}
