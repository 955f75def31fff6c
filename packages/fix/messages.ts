// The FIX 4.4 messages that SimpleBank speaks, each with its required and optional fields, and what happens
// to it when the other side asks for it again. The TypeScript types are derived from this table.
import type { FieldName, FieldValue } from './fields.ts';

/**
 * What a resend request does with a message (FIX 4.4 volume 2, "Resend Request"):
 * - `stored`: replayed with PossDupFlag, also after a restart and also when it was made without a connection;
 * - `connection`: replayed only while the connection on which it was first sent lives; an order of an earlier
 *   connection is stale, so it is gap-filled and its sender asks for the order's status instead;
 * - `never`: gap-filled, either session traffic or out of date (market data).
 */
export type Replay = 'stored' | 'connection' | 'never';

interface MessageForm<R extends FieldName = FieldName, O extends FieldName = FieldName> {
  readonly name: string;
  readonly level: 'session' | 'application';
  readonly replay: Replay;
  readonly required: readonly R[];
  readonly optional: readonly O[];
}

const session = <const R extends FieldName = never, const O extends FieldName = never>(
  name: string,
  required: readonly R[],
  optional: readonly O[],
): MessageForm<R, O> => ({ name, level: 'session', replay: 'never', required, optional });

const application = <const R extends FieldName = never, const O extends FieldName = never>(
  name: string,
  replay: Replay,
  required: readonly R[],
  optional: readonly O[],
): MessageForm<R, O> => ({ name, level: 'application', replay, required, optional });

export const messageForms = {
  '0': session('Heartbeat', [], ['testReqId']),
  '1': session('TestRequest', ['testReqId'], []),
  '2': session('ResendRequest', ['beginSeqNo', 'endSeqNo'], []),
  '3': session('Reject', ['refSeqNum'], ['refTagId', 'refMsgType', 'sessionRejectReason', 'text']),
  '4': session('SequenceReset', ['newSeqNo'], ['gapFillFlag']),
  '5': session('Logout', [], ['text']),
  A: session('Logon', ['encryptMethod', 'heartBtInt'], ['resetSeqNumFlag']),
  D: application(
    'NewOrderSingle',
    'connection',
    ['clOrdId', 'symbol', 'side', 'transactTime', 'orderQty', 'ordType'],
    ['account', 'price', 'timeInForce'],
  ),
  F: application(
    'OrderCancelRequest',
    'connection',
    ['origClOrdId', 'clOrdId', 'symbol', 'side', 'transactTime'],
    ['orderId', 'account', 'orderQty'],
  ),
  H: application(
    'OrderStatusRequest',
    'connection',
    ['clOrdId', 'symbol', 'side'],
    ['ordStatusReqId', 'orderId', 'account'],
  ),
  '8': application(
    'ExecutionReport',
    'stored',
    ['orderId', 'execId', 'execType', 'ordStatus', 'symbol', 'side', 'leavesQty', 'cumQty', 'avgPx'],
    [
      'clOrdId',
      'origClOrdId',
      'ordStatusReqId',
      'account',
      'orderQty',
      'ordType',
      'price',
      'timeInForce',
      'lastQty',
      'lastPx',
      'ordRejReason',
      'transactTime',
      'text',
    ],
  ),
  '9': application(
    'OrderCancelReject',
    'stored',
    ['orderId', 'clOrdId', 'origClOrdId', 'ordStatus', 'cxlRejResponseTo'],
    ['cxlRejReason', 'transactTime', 'text'],
  ),
  j: application(
    'BusinessMessageReject',
    'stored',
    ['refMsgType', 'businessRejectReason'],
    ['refSeqNum', 'businessRejectRefId', 'text'],
  ),
  V: application(
    'MarketDataRequest',
    'connection',
    ['mdReqId', 'subscriptionRequestType', 'marketDepth', 'mdEntryTypes', 'relatedSymbols'],
    [],
  ),
  W: application('MarketDataFullRefresh', 'never', ['symbol', 'mdEntries'], ['mdReqId', 'transactTime']),
} as const;

type Forms = typeof messageForms;
export type MsgType = keyof Forms;

type Body<F> =
  F extends MessageForm<infer R, infer O>
    ? { readonly [N in R]: FieldValue<N> } & { readonly [N in O]?: FieldValue<N> }
    : never;

/** One message by its type, as `FixMessage<'D'>`; without an argument the union of all, told apart by msgType. */
export type FixMessage<T extends MsgType = MsgType> = {
  [M in T]: { readonly msgType: M } & Body<Forms[M]>;
}[T];

export type ApplicationMessage = FixMessage<'D' | 'F' | 'H' | '8' | '9' | 'j' | 'V' | 'W'>;
export type NewOrderSingle = FixMessage<'D'>;
export type OrderCancelRequest = FixMessage<'F'>;
export type OrderStatusRequest = FixMessage<'H'>;
export type ExecutionReport = FixMessage<'8'>;
export type OrderCancelReject = FixMessage<'9'>;
export type BusinessMessageReject = FixMessage<'j'>;
export type MarketDataRequest = FixMessage<'V'>;
export type MarketDataFullRefresh = FixMessage<'W'>;
export type Reject = FixMessage<'3'>;

/** The standard header, as far as it is used (FIX 4.4 volume 2, "Standard Message Header"). */
export interface Header {
  readonly msgSeqNum: number;
  readonly senderCompId: string;
  readonly targetCompId: string;
  /** Milliseconds since the epoch. */
  readonly sendingTime: number;
  /** The same message under the same number was, perhaps, already sent. */
  readonly possDup: boolean;
  /** The same business content was, perhaps, already sent under another number. */
  readonly possResend: boolean;
}

export const isMsgType = (text: string): text is MsgType => Object.hasOwn(messageForms, text);
