// The codec from outside: any chunking of any messages gives the same messages, garbled bytes never cost a good one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode } from './decode.ts';
import { asPossibleDuplicate, encode } from './encode.ts';
import { formatFixTime, parseFixTime } from './fix-time.ts';
import { frame, Framing, MAX_BODY_BYTES } from './framing.ts';
import type { FixMessage, Header, NewOrderSingle } from './messages.ts';

const header = (msgSeqNum: number): Header => ({
  msgSeqNum,
  senderCompId: 'BANK',
  targetCompId: 'EXCH',
  sendingTime: Date.UTC(2026, 10, 22, 9, 30, 0, 5),
  possDup: false,
  possResend: false,
});
const text = fc.string({ unit: fc.constantFrom(...'aZ09 =|8.ä'), minLength: 1, maxLength: 12 });
const decimal = fc.tuple(fc.bigInt(-999n, 999n), fc.nat(999)).map(([whole, part]) => `${whole}.${part}`);
const orders: fc.Arbitrary<NewOrderSingle> = fc.record(
  {
    msgType: fc.constant('D' as const),
    clOrdId: text,
    symbol: text,
    side: fc.constantFrom('1', '2'),
    transactTime: fc.integer({ min: 0, max: 4e12 }),
    orderQty: decimal,
    ordType: fc.constantFrom('1', '2'),
  },
  { noNullPrototype: true },
);
const quotes: fc.Arbitrary<FixMessage> = fc.record(
  {
    msgType: fc.constant('W' as const),
    symbol: text,
    mdEntries: fc.array(
      fc.record(
        { mdEntryType: fc.constantFrom('0', '1', '2'), mdEntryPx: decimal, mdEntrySize: decimal },
        { requiredKeys: ['mdEntryType'], noNullPrototype: true },
      ),
      { maxLength: 4 },
    ),
  },
  { noNullPrototype: true },
);
const messages = fc.oneof(orders, quotes, fc.constant<FixMessage>({ msgType: '0' }));
const decoded = (framing: Framing, chunk: Uint8Array): FixMessage[] =>
  framing.push(chunk).map((raw) => {
    const result = decode(raw);
    assert.equal(result.kind, 'message');
    return result.kind === 'message' ? result.message : assert.fail();
  });

/** Cuts at the given places, in whatever order they come. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

test('any chunking of any messages gives the same messages', () => {
  fc.assert(
    fc.property(
      fc.array(messages, { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (sent, places) => {
        const bytes = Buffer.from(
          sent.map((message, seq) => encode(message, header(seq + 1))).join(''),
          'latin1',
        );
        const framing = new Framing();
        assert.deepEqual(
          cut(bytes, places).flatMap((chunk) => decoded(framing, chunk)),
          sent,
        );
        assert.equal(framing.garbled, 0);
      },
    ),
  );
});

test('rubbish between messages is counted and costs no message', () => {
  const rubbish = fc.string({
    unit: fc.constantFrom('8', '=', 'F', 'IX.4.4', '\u0001', '9=', '10=', 'x'),
    minLength: 1,
  });
  fc.assert(
    fc.property(orders, rubbish, fc.array(fc.nat(), { maxLength: 6 }), (order, noise, places) => {
      const good = encode(order, header(1));
      const bytes = Buffer.from(good + noise + good, 'latin1');
      const framing = new Framing();
      assert.deepEqual(
        cut(bytes, places).flatMap((chunk) => decoded(framing, chunk)),
        [order, order],
      );
      assert.ok(framing.garbled >= 1);
    }),
  );
});

test('a changed byte never passes, and the next message is still found', () => {
  fc.assert(
    fc.property(orders, fc.nat(), fc.integer({ min: 1, max: 255 }), (order, place, change) => {
      const spoiled = Buffer.from(encode(order, header(1)), 'latin1');
      const at = place % spoiled.length;
      spoiled[at] = spoiled[at]! ^ change;
      const framing = new Framing();
      // Enough good bytes behind it, because a spoiled BodyLength is only found out at its supposed end.
      const good = Buffer.from(encode(order, header(2)).repeat(700), 'latin1');
      const found = framing.push(Buffer.concat([spoiled, good]));
      assert.ok(found.length >= 699);
      assert.ok(found.every((raw) => raw.some(([tag, value]) => tag === 34 && value === '2')));
      assert.ok(framing.garbled >= 1);
    }),
    { numRuns: 60 },
  );
});

test('a body longer than the limit is garbled and does not fill the memory', () => {
  const framing = new Framing();
  const long = frame([
    [35, '0'],
    [58, 'x'.repeat(MAX_BODY_BYTES)],
  ]);
  assert.deepEqual(framing.push(Buffer.from(long)), []);
  assert.equal(framing.garbled, 1);
});

test('a delimiter in a value cannot add a field to an order', () => {
  const order = {
    msgType: 'D',
    clOrdId: 'A\u000138=1000000',
    symbol: 'ACME',
    side: '1',
    transactTime: 0,
    orderQty: '1',
    ordType: '1',
  } as const;
  assert.throws(() => encode(order, header(1)), /clOrdId cannot be sent/);
  assert.throws(() => encode({ ...order, clOrdId: 'A', orderQty: '1e9' }, header(1)), /not a decimal/);
});

test('a possible duplicate keeps number and content, and says when it was first sent', () => {
  const order = {
    msgType: 'D',
    clOrdId: 'A',
    symbol: 'ACME',
    side: '1',
    transactTime: 0,
    orderQty: '1',
    ordType: '1',
  } as const;
  const first = asPossibleDuplicate(encode(order, header(7)), header(7).sendingTime + 5_000);
  const again = asPossibleDuplicate(first, header(7).sendingTime + 9_000);
  const [raw] = new Framing().push(Buffer.from(again));
  const result = decode(raw ?? []);
  assert.ok(result.kind === 'message');
  assert.deepEqual(result.message, order);
  assert.deepEqual(result.header, {
    ...header(7),
    sendingTime: header(7).sendingTime + 9_000,
    possDup: true,
  });
  assert.deepEqual(
    raw?.filter(([tag]) => tag === 122),
    [[122, '20261122-09:30:05.005']],
  );
});

test('what cannot be decoded says which field and why', () => {
  const head = [
    [35, 'D'],
    [34, '2'],
    [49, 'A'],
    [56, 'B'],
    [52, '20261122-09:30:00'],
  ] as const;
  const body = [
    [11, 'X'],
    [55, 'ACME'],
    [54, '1'],
    [60, '20261122-09:30:00'],
    [38, '5'],
    [40, '1'],
  ] as const;
  const problemOf = (raw: readonly (readonly [number, string])[]): unknown => {
    const result = decode(raw);
    return result.kind === 'invalid' ? [result.problem.tag, result.problem.reason] : result.kind;
  };
  assert.equal(problemOf([...head, ...body]), 'message');
  assert.equal(problemOf([...head, ...body, [9999, 'ours to ignore']]), 'message');
  assert.deepEqual(problemOf([...head, ...body.slice(1)]), [11, 1]);
  assert.deepEqual(problemOf([...head, ...body, [44, 'ten']]), [44, 6]);
  assert.deepEqual(problemOf([...head, ...body, [1, 'a\u0002']]), [1, 6]);
  assert.deepEqual(problemOf([...head, ...body, [59, '7']]), [59, 5]);
  assert.deepEqual(problemOf([...head, ...body, [38, '6']]), [38, 13]);
  assert.equal(problemOf([[35, 'Z'], ...head.slice(1)]), 'unsupported');
  assert.equal(problemOf([[35, 'D'], ...head.slice(2)]), 'headless');
  const quote = [[35, 'W'], ...head.slice(1), [55, 'ACME']] as const;
  assert.deepEqual(problemOf([...quote, [268, '2'], [269, '0'], [270, '1']]), [268, 16]);
  assert.deepEqual(problemOf([...quote, [268, '1'], [270, '1'], [269, '0']]), [270, 16]);
});

test('times keep their milliseconds, and days that do not exist are refused', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => parseFixTime(formatFixTime(ms)) === ms));
  assert.equal(parseFixTime('20261122-09:30:00'), Date.UTC(2026, 10, 22, 9, 30));
  assert.equal(parseFixTime('20261322-09:30:00'), undefined);
});
