// For the session's tests: a bank and an exchange under one clock, and the line between them.
import { FixSession } from './session.ts';
import type { SessionEvent, SessionOptions } from './session-options.ts';
import type { ApplicationMessage, ExecutionReport, NewOrderSingle, Reject } from './messages.ts';
import { settle, type ManualClock } from './manual-clock.ts';
import { memoryStore } from './store.ts';
import { transportPair, type Transport } from './transport.ts';

export const order = (clOrdId: string): NewOrderSingle => ({
  msgType: 'D',
  clOrdId,
  symbol: 'ACME',
  side: '2',
  orderQty: '10',
  ordType: '1',
  transactTime: 0,
});
export const report = (execId: string): ExecutionReport => ({
  msgType: '8',
  orderId: 'O1',
  execId,
  execType: 'F',
  ordStatus: '1',
  symbol: 'ACME',
  side: '2',
  leavesQty: '9',
  cumQty: '1',
  avgPx: '120.00',
});

export interface Side {
  session: FixSession;
  received: (ApplicationMessage | Reject)[];
  events: SessionEvent[];
}

export async function openSide(
  clock: ManualClock,
  role: 'initiator' | 'acceptor',
  more: Partial<SessionOptions> = {},
): Promise<Side> {
  const received: Side['received'] = [];
  const events: SessionEvent[] = [];
  const [senderCompId, targetCompId] = role === 'initiator' ? ['BANK', 'EXCH'] : ['EXCH', 'BANK'];
  const session = await FixSession.open({
    role,
    senderCompId,
    targetCompId,
    clock,
    store: memoryStore(),
    heartBtIntSeconds: 10,
    onMessage: async (message) => void received.push(message),
    onEvent: (event) => events.push(event),
    ...more,
  });
  return { session, received, events };
}

interface Link {
  ends: Promise<{ code: string; text: string }[]>;
  cut(): void;
}

type Tamper = (text: string) => string | undefined;
const tampered = (transport: Transport, tamper: Tamper): Transport => ({
  ...transport,
  write(text) {
    const changed = tamper(text);
    if (changed !== undefined) transport.write(changed);
  },
});

/** Connects both and waits for the logon; each tamper may change or drop (undefined) what its side writes. */
export async function link(
  bank: Side,
  exchange: Side,
  ofExchange: Tamper = String,
  ofBank: Tamper = String,
): Promise<Link> {
  const [left, right] = transportPair();
  const ends = Promise.all([
    bank.session.run(tampered(left, ofBank)),
    exchange.session.run(tampered(right, ofExchange)),
  ]);
  await settle();
  return { ends, cut: () => left.close() };
}

export const execIds = (side: Side): string[] =>
  side.received.flatMap((m) => (m.msgType === '8' ? [m.execId] : []));
export const clOrdIds = (side: Side): string[] =>
  side.received.flatMap((m) => (m.msgType === 'D' ? [m.clOrdId] : []));
export const typesOf = (text: string): string => /\u000135=(.)/.exec(text)?.[1] ?? '';
