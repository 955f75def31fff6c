// Several replicas of the market on one database: one of them holds the one session with the exchange, all take
// orders, and the holder may be killed at any moment.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { sql, type ServiceClient } from '@simplebank/chassis';
import { getInstrument } from '@simplebank/contracts';
import { TAKE_OVER_MS } from './exchange-session.ts';
import { allFilled, sameAsAtExchange } from './market-checks.fixture.ts';
import { POLL_MS } from './order-sender.ts';
import { eventually, startExchange, startMarket, type Market } from './market.fixture.ts';

/** For the logon at the exchange and a busy machine. */
const LOGON_MS = 1_500;

const sendingTimes = sql(
  'test.sending-times',
  `select extract(epoch from sent_at - accepted_at)::float8 * 1000 as ms from route order by 1`,
);
const quotesKept = sql('test.quotes', 'select symbol from quote');

interface Replica {
  readonly url: string;
}

async function isActive({ url }: Replica): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return /exchange_session_state\{state="active".*\} 1/.test(metrics);
}

async function untilActive(replica: Replica): Promise<void> {
  await eventually('the session', async () => ((await isActive(replica)) ? true : undefined));
}

test('when the process with the session is killed another one has it in time; no order is lost or doubled', async (t) => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  const doomed = await market.replicaProcess();
  await market.service.stop();
  await untilActive(doomed);
  const survivor = await market.replica();
  const callers = [doomed, survivor].map((replica) => market.clientAt(replica));

  const orderIds = Array.from({ length: 120 }, (_, index) => `o-${index}`);
  const routing = orderIds
    .slice(0, 80)
    .map((orderId, index) => routeAnywhere(market, callers, orderId, index));
  await eventually('some fills', async () => ((await exchange.executionIds()).length > 5 ? true : undefined));
  await doomed.kill();
  const killedAt = performance.now();
  const later = orderIds.slice(80).map((orderId, index) => routeAnywhere(market, callers, orderId, index));
  await untilActive(survivor);
  const takenOverMs = performance.now() - killedAt;
  t.diagnostic(`the other had the session ${Math.round(takenOverMs)} ms after the kill`);
  assert.ok(takenOverMs <= TAKE_OVER_MS + LOGON_MS, `${takenOverMs} ms`);

  await Promise.all([...routing, ...later]);
  await allFilled(market, orderIds);
  await sameAsAtExchange(market, exchange);
});

/** As a saga does: asks again, another replica, until one has taken the order. */
async function routeAnywhere(
  market: Market,
  callers: readonly ServiceClient[],
  orderId: string,
  first: number,
): Promise<void> {
  for (let attempt = first; ; attempt += 1) {
    const caller = callers[attempt % callers.length] ?? market.client;
    const answer = await market.routeBy(caller, orderId).catch(() => 'unanswered');
    if (answer === 'unanswered') continue;
    assert.equal(answer, 'accepted');
    return;
  }
}

test('an order that a replica without the session has taken is sent at once', async (t) => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  await market.connected();
  const other = await market.replica();
  const caller = market.clientAt(other);
  for (let index = 0; index < 31; index += 1) {
    await market.routeBy(caller, `o-${index}`);
    // The next one comes soon after the holder has begun to wait: without a notice it would wait for all of POLL_MS.
    await market.eventsUntil(`o-${index}`, 'RouteAcknowledged');
  }
  assert.equal(await isActive(other), false);
  const times = (await market.db.query<{ ms: number }>(sendingTimes)).map(({ ms }) => ms);
  const median = times[15] ?? Infinity;
  t.diagnostic(`accepted to sent: median ${median.toFixed(1)} ms, longest ${times.at(-1)?.toFixed(1)} ms`);
  assert.ok(median < POLL_MS / 2, `${median} ms`);
});

test('a replica without the session is ready, and has the quotes from its first answer on', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  await eventually('the quotes in the table', async () =>
    (await market.db.query(quotesKept)).length === 8 ? true : undefined,
  );
  const other = await market.replica();
  const { instrument } = await market.clientAt(other).call(getInstrument, { symbol: 'ACME' });
  assert.notEqual(instrument?.quote ?? null, null);
  assert.equal((await fetch(`${other.url}/readyz`)).status, 200);
  assert.match(await other.metrics.text(), /exchange_session_state\{state="not-held".*\} 1/);
});
