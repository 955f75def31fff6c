// What the package offers: the session with its two ways onto TCP, the messages, and the store to implement.
export { systemClock, type Clock } from './clock.ts';
export { startAcceptor, startInitiator, type Acceptor, type Initiator } from './connect.ts';
export {
  cxlRejReason,
  execType,
  mdEntryType,
  ordRejReason,
  ordStatus,
  ordType,
  side,
  timeInForce,
} from './fields.ts';
export type {
  ApplicationMessage,
  BusinessMessageReject,
  ExecutionReport,
  FixMessage,
  MarketDataFullRefresh,
  MarketDataRequest,
  NewOrderSingle,
  OrderCancelReject,
  OrderCancelRequest,
  OrderStatusRequest,
  Reject,
} from './messages.ts';
export type { SendResult } from './outbound.ts';
export { FixSession } from './session.ts';
export type {
  MessageInfo,
  SessionEnd,
  SessionEvent,
  SessionOptions,
  SessionState,
} from './session-options.ts';
export { memoryStore, type SessionStore, type StoredMessage } from './store.ts';
export { transportPair, type Transport } from './transport.ts';
export { ManualClock } from './manual-clock.ts';
