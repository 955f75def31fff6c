// The one table of FIX 4.4 fields that SimpleBank uses: name, tag number and kind of value.
// Message types (messages.ts), encoder and decoder are all derived from it, so that a tag is written once.

/** A decimal number stays text, because a float would round prices; `int` is for counters only. */
type Kind = 'text' | 'int' | 'decimal' | 'boolean' | 'time';

export interface PlainField<K extends Kind = Kind> {
  readonly tag: number;
  readonly kind: K;
}
export interface CodeField<V extends string = string> {
  readonly tag: number;
  readonly kind: 'code';
  readonly values: readonly V[];
}
/** A repeating group: its tag holds the count, and every entry starts with the field `first`. */
export interface GroupField<F extends string = string, R extends string = string> {
  readonly tag: number;
  readonly kind: 'group';
  readonly first: F;
  readonly rest: readonly R[];
}
export type Field = PlainField | CodeField | GroupField;

const plain = <K extends Kind>(tag: number, kind: K): PlainField<K> => ({ tag, kind });
const code = <const V extends string>(tag: number, ...values: V[]): CodeField<V> => ({
  tag,
  kind: 'code',
  values,
});
const group = <const F extends string, const R extends string = never>(
  tag: number,
  first: F,
  ...rest: R[]
): GroupField<F, R> => ({ tag, kind: 'group', first, rest });

export const fields = {
  account: plain(1, 'text'),
  avgPx: plain(6, 'decimal'),
  beginSeqNo: plain(7, 'int'),
  clOrdId: plain(11, 'text'),
  cumQty: plain(14, 'decimal'),
  endSeqNo: plain(16, 'int'),
  execId: plain(17, 'text'),
  lastPx: plain(31, 'decimal'),
  lastQty: plain(32, 'decimal'),
  newSeqNo: plain(36, 'int'),
  orderId: plain(37, 'text'),
  orderQty: plain(38, 'decimal'),
  /** 0 new, 1 partially filled, 2 filled, 4 canceled, 8 rejected, C expired. */
  ordStatus: code(39, '0', '1', '2', '4', '6', '8', 'A', 'C'),
  /** 1 market, 2 limit. */
  ordType: code(40, '1', '2'),
  origClOrdId: plain(41, 'text'),
  price: plain(44, 'decimal'),
  refSeqNum: plain(45, 'int'),
  /** 1 buy, 2 sell. */
  side: code(54, '1', '2'),
  symbol: plain(55, 'text'),
  text: plain(58, 'text'),
  /** 0 day, 3 immediate or cancel. */
  timeInForce: code(59, '0', '3'),
  transactTime: plain(60, 'time'),
  encryptMethod: code(98, '0'),
  /** 0 too late to cancel, 1 unknown order, 6 duplicate ClOrdID, 99 other. */
  cxlRejReason: code(102, '0', '1', '6', '99'),
  /** 1 unknown symbol, 2 exchange closed, 5 unknown order, 13 incorrect quantity, 99 other. */
  ordRejReason: code(103, '0', '1', '2', '3', '5', '6', '11', '13', '99'),
  heartBtInt: plain(108, 'int'),
  testReqId: plain(112, 'text'),
  gapFillFlag: plain(123, 'boolean'),
  resetSeqNumFlag: plain(141, 'boolean'),
  relatedSymbols: group(146, 'symbol'),
  /** 0 new, 4 canceled, 8 rejected, C expired, F trade, I order status. */
  execType: code(150, '0', '4', '6', '8', 'A', 'C', 'F', 'H', 'I'),
  leavesQty: plain(151, 'decimal'),
  mdReqId: plain(262, 'text'),
  /** 0 snapshot, 1 snapshot and updates, 2 stop the updates. */
  subscriptionRequestType: code(263, '0', '1', '2'),
  marketDepth: plain(264, 'int'),
  mdEntryTypes: group(267, 'mdEntryType'),
  mdEntries: group(268, 'mdEntryType', 'mdEntryPx', 'mdEntrySize'),
  /** 0 bid, 1 offer, 2 last trade. */
  mdEntryType: code(269, '0', '1', '2'),
  mdEntryPx: plain(270, 'decimal'),
  mdEntrySize: plain(271, 'decimal'),
  refTagId: plain(371, 'int'),
  refMsgType: plain(372, 'text'),
  sessionRejectReason: plain(373, 'int'),
  businessRejectRefId: plain(379, 'text'),
  /** 0 other, 1 unknown id, 2 unknown security, 3 unsupported message type, 4 application not available. */
  businessRejectReason: code(380, '0', '1', '2', '3', '4', '5'),
  /** 1 the reject answers a cancel request, 2 a cancel/replace request. */
  cxlRejResponseTo: code(434, '1', '2'),
  ordStatusReqId: plain(790, 'text'),
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof fields;

interface KindValue {
  text: string;
  int: number;
  decimal: string;
  boolean: boolean;
  /** Milliseconds since the epoch. */
  time: number;
}
type FlatValue<F extends FieldName> =
  (typeof fields)[F] extends CodeField<infer V>
    ? V
    : (typeof fields)[F] extends PlainField<infer K>
      ? KindValue[K]
      : never;

/** The TypeScript type of a field's value; in a group every entry has its first field, the others may be absent. */
export type FieldValue<F extends FieldName> =
  (typeof fields)[F] extends GroupField<infer First, infer Rest>
    ? readonly ({ readonly [N in First & FieldName]: FlatValue<N> } & {
        readonly [N in Rest & FieldName]?: FlatValue<N>;
      })[]
    : FlatValue<F>;

/** Names for the one-character codes that appear in business code, so that nobody has to remember them. */
export const side = { buy: '1', sell: '2' } as const;
export const ordType = { market: '1', limit: '2' } as const;
export const timeInForce = { day: '0', immediateOrCancel: '3' } as const;
export const ordStatus = {
  new: '0',
  partiallyFilled: '1',
  filled: '2',
  canceled: '4',
  rejected: '8',
  expired: 'C',
} as const;
export const execType = {
  new: '0',
  canceled: '4',
  rejected: '8',
  expired: 'C',
  trade: 'F',
  bust: 'H',
  orderStatus: 'I',
} as const;
export const ordRejReason = {
  other: '99',
  unknownSymbol: '1',
  exchangeClosed: '2',
  unknownOrder: '5',
  incorrectQuantity: '13',
} as const;
export const cxlRejReason = { tooLate: '0', unknownOrder: '1', duplicateClOrdId: '6', other: '99' } as const;
export const mdEntryType = { bid: '0', offer: '1', trade: '2' } as const;
