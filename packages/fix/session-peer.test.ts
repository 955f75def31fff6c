// A session against a peer whose every message the test writes: what is too low, too high, wrong or unknown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from './encode.ts';
import { Framing } from './framing.ts';
import { ManualClock, settle } from './manual-clock.ts';
import type { FixMessage, Header } from './messages.ts';
import { clOrdIds, openSide, order, report, type Side } from './session-sides.ts';
import { transportPair } from './transport.ts';

/** A peer whose every byte the test writes. */
async function scripted(side: Side): Promise<{
  say(seq: number, message: FixMessage, more?: Partial<Header>): Promise<string[]>;
  write(text: string): void;
  end: Promise<{ code: string; text: string }>;
}> {
  const [near, far] = transportPair();
  const framing = new Framing();
  const heard: string[] = [];
  void (async () => {
    for await (const chunk of near.chunks) {
      for (const raw of framing.push(chunk))
        heard.push(raw.map(([tag, value]) => `${tag}=${value}`).join(' '));
    }
  })();
  const end = side.session.run(far);
  return {
    end,
    write: (text) => near.write(text),
    async say(seq, message, more = {}) {
      const header = {
        msgSeqNum: seq,
        senderCompId: 'BANK',
        targetCompId: 'EXCH',
        sendingTime: 0,
        possDup: false,
        possResend: false,
        ...more,
      };
      near.write(encode(message, header));
      await settle();
      return heard.splice(0);
    },
  };
}
const logon: FixMessage = { msgType: 'A', encryptMethod: '0', heartBtInt: 10 };

test('a number that is too low ends the session with a reason, unless it is a possible duplicate', async () => {
  const exchange = await openSide(new ManualClock(), 'acceptor');
  const peer = await scripted(exchange);
  await peer.say(1, logon);
  await peer.say(2, order('A'));
  assert.deepEqual(await peer.say(2, order('A'), { possDup: true }), []);
  assert.equal(exchange.session.state, 'active');
  const [last] = await peer.say(2, order('A'));
  assert.match(last ?? '', /^35=5 .*expecting 3 but received 2/);
  assert.equal((await peer.end).code, 'SEQUENCE_TOO_LOW');
  assert.deepEqual(clOrdIds(exchange), ['A']);
});

test('a gap is asked for once, and filled by gap fill and by sequence reset', async () => {
  const exchange = await openSide(new ManualClock(), 'acceptor');
  const peer = await scripted(exchange);
  await peer.say(1, logon);
  const asked = [...(await peer.say(4, order('C'))), ...(await peer.say(5, order('D')))];
  assert.equal(asked.length, 1);
  assert.match(asked[0] ?? '', /^35=2 .* 7=2 16=0$/);
  await peer.say(2, { msgType: '4', gapFillFlag: true, newSeqNo: 5 }, { possDup: true });
  await peer.say(5, order('D'), { possDup: true });
  assert.deepEqual(clOrdIds(exchange), ['D']);
  await peer.say(99, { msgType: '4', newSeqNo: 50 });
  await peer.say(50, order('E'));
  assert.deepEqual(clOrdIds(exchange), ['D', 'E']);
});

test('a resend request gap-fills session messages and repeats reports with their original time', async () => {
  const clock = new ManualClock();
  const exchange = await openSide(clock, 'acceptor');
  const peer = await scripted(exchange);
  await peer.say(1, logon);
  await exchange.session.send(report('E1'));
  await peer.say(2, { msgType: '1', testReqId: 'T' });
  await exchange.session.send(report('E2'));
  await clock.advance(1_000);
  await peer.say(3, { msgType: '0' });
  const replayed = await peer.say(4, { msgType: '2', beginSeqNo: 1, endSeqNo: 0 });
  assert.deepEqual(
    replayed.map((text) => [
      /34=(\d+)/.exec(text)?.[1],
      text.slice(0, 4),
      / 43=Y/.test(text),
      /36=(\d+)/.exec(text)?.[1],
    ]),
    [
      ['1', '35=4', true, '2'],
      ['2', '35=8', true, undefined],
      ['3', '35=4', true, '4'],
      ['4', '35=8', true, undefined],
    ],
  );
  assert.match(replayed[1] ?? '', /52=20261122-09:00:01.000 43=Y 122=20261122-09:00:00.000/);
});

test('a message with a missing or wrong field is rejected with the field, an unknown one is not supported', async () => {
  const exchange = await openSide(new ManualClock(), 'acceptor');
  const peer = await scripted(exchange);
  await peer.say(1, logon);
  const broken = { ...order('A'), symbol: undefined } as unknown as FixMessage;
  assert.match((await peer.say(2, broken))[0] ?? '', /^35=3 .*45=2 371=55 372=D 373=1/);
  const wrong = { ...order('A'), side: '9' } as unknown as FixMessage;
  assert.match((await peer.say(3, wrong))[0] ?? '', /^35=3 .*45=3 371=54 372=D 373=5/);
  assert.equal(exchange.session.state, 'active');
  assert.deepEqual(exchange.received, []);
});

test('refuses a peer with another name and a first message that is no Logon', async () => {
  for (const [message, more, text] of [
    [logon, { senderCompId: 'EVE' }, /CompID/],
    [order('A'), {}, /must be a Logon/],
  ] as const) {
    const peer = await scripted(await openSide(new ManualClock(), 'acceptor'));
    await peer.say(1, message, more);
    const end = await peer.end;
    assert.equal(end.code, 'PROTOCOL_ERROR');
    assert.match(end.text, text);
  }
});
