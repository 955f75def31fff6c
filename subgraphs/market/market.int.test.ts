import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { getInstrument, marketEventSchemas, type MarketEventType } from '@simplebank/contracts';
import { MOST_UNKNOWNS } from './domain/route.ts';
import { allFilled, countRoutes, quantityFilled, sameAsAtExchange } from './market-checks.fixture.ts';
import { eventually, startExchange, startMarket, type Market } from './market.fixture.ts';

const quotesKept = sql('test.quotes', 'select symbol from quote');

const duplicatesSeen = 'reports known already, or of orders that are not ours';

/** A limit so far from the market that the order only waits. */
const resting = { orderType: 'LIMIT', limitPrice: '500.00' } as const;

test('an order is acknowledged and filled, its events in order and found by its correlation id', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  assert.equal(await market.route('o-1', { quantity: '150' }), 'accepted');
  await eventually('all fills', async () =>
    (await quantityFilled(market, 'o-1')) === 150 ? true : undefined,
  );

  const events = await market.events('o-1');
  assert.equal(events[0]?.type, 'RouteAcknowledged');
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    events.map((_event, index) => index + 1),
  );
  const correlationId = events[0]?.correlationId;
  for (const event of events) {
    assert.equal(event.correlationId, correlationId);
    assert.equal(event.source, 'market');
    assert.doesNotThrow(() => marketEventSchemas[event.type as MarketEventType].parse(event.data));
  }
  const last = marketEventSchemas.ExecutionReported.parse(events.at(-1)?.data);
  assert.deepEqual([last.cumulative, last.leaves], ['150', '0']);
  const lines = market.log.filter(
    (line) => line['correlationId'] === correlationId && line['orderId'] === 'o-1',
  );
  assert.ok(lines.some(({ msg }) => msg === 'sent to the exchange'));
  assert.ok(lines.some(({ msg }) => msg === 'report of the exchange'));

  await sameAsAtExchange(market, exchange);
});

test('an order that is routed twice is one order, and with another body it is refused', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  const answers = await Promise.all(Array.from({ length: 20 }, () => market.route('o-1')));
  assert.deepEqual([...new Set(answers)], ['accepted']);
  assert.equal(await market.route('o-1', { quantity: '11' }), 'ROUTE_ID_REUSED');
  assert.equal(await market.route('o-1', { quantity: '10.0' }), 'accepted');
  await eventually('the fill', async () => ((await quantityFilled(market, 'o-1')) >= 10 ? true : undefined));
  const types = (await market.events('o-1')).map(({ type }) => type);
  assert.equal(types.filter((type) => type === 'RouteAcknowledged').length, 1);
  assert.equal(await quantityFilled(market, 'o-1'), 10);
});

test('quotes come from the exchange, and a replica that starts while it is away knows the last ones', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  const quotedBy = (client: Market['client']) =>
    eventually('a quote', async () => {
      const { instrument } = await client.call(getInstrument, { symbol: 'STARK' });
      return instrument?.quote ?? undefined;
    });
  const { bid, ask } = await quotedBy(market.client);
  assert.ok(Number(bid) < Number(ask) && Number(bid) > 300 && Number(ask) < 400);
  assert.equal((await market.client.call(getInstrument, { symbol: 'NOPE' })).instrument, null);
  await eventually('the quotes in the table', async () =>
    (await market.db.query(quotesKept)).length === 8 ? true : undefined,
  );
  await exchange.kill();
  await market.replica();
  const later = await quotedBy(market.client);
  assert.ok(Number(later.bid) < Number(later.ask));
});

test('a fill that is reported twice counts once', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  await exchange.setFaults({ duplicateEvery: 1 });
  await market.route('o-1', { quantity: '100' });
  await market.route('o-2', { timeInForce: 'IOC', ...resting });
  await market.eventsUntil('o-2', 'RouteCanceled');
  await eventually('the fills', async () =>
    (await quantityFilled(market, 'o-1')) >= 100 ? true : undefined,
  );
  await eventually('the duplicates', async () =>
    market.log.some(({ msg }) => msg === duplicatesSeen) ? true : undefined,
  );
  assert.equal(await quantityFilled(market, 'o-1'), 100);
  assert.deepEqual(await market.eventsUntil('o-2', 'RouteCanceled'), ['RouteAcknowledged', 'RouteCanceled']);
});

test('an order whose acknowledgement never came is in doubt, asked for and found', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  await eventually('a quote', async () => {
    const { instrument } = await market.client.call(getInstrument, { symbol: 'ACME' });
    return instrument?.quote ?? undefined;
  });
  await exchange.setFaults({ dropNext: 2 });
  await market.route('o-1', resting);
  const types = await market.eventsUntil('o-1', 'RouteAcknowledged');
  assert.deepEqual(types, ['RouteInDoubt', 'RouteAcknowledged']);
});

test('a limit order without its limit is never taken, since it would go out at any price', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  await assert.rejects(market.route('o-1', { orderType: 'LIMIT', limitPrice: null }), /answered 400/);
  assert.deepEqual(await market.db.query(countRoutes), []);
});

test('a reject of the exchange ends the route, also when its answer was dropped', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  await exchange.setFaults({ halted: ['HOOLI'] });
  await market.route('o-1', { symbol: 'HOOLI' });
  assert.deepEqual(await market.eventsUntil('o-1', 'RouteRejected'), ['RouteRejected']);
  await exchange.setFaults({ dropNext: 1 });
  await market.route('o-2', { symbol: 'HOOLI' });
  assert.deepEqual(await market.eventsUntil('o-2', 'RouteRejected'), ['RouteInDoubt', 'RouteRejected']);
});

test('a cancel ends a working order, also when the answer to it was dropped', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  assert.equal(await market.cancel('o-0'), 'UNKNOWN_ROUTE');
  for (const [orderId, dropNext] of [
    ['o-1', 0],
    ['o-2', 1],
  ] as const) {
    await market.route(orderId, resting);
    await market.eventsUntil(orderId, 'RouteAcknowledged');
    await exchange.setFaults({ dropNext });
    assert.equal(await market.cancel(orderId), 'accepted');
    const types = await market.eventsUntil(orderId, 'RouteCanceled');
    assert.deepEqual(types, ['RouteAcknowledged', 'RouteCanceled']);
    assert.equal(await market.cancel(orderId), 'accepted');
  }
  assert.equal((await market.events('o-1')).length, 2);
});

test('without an exchange orders are taken and wait, and a waiting one can be canceled', async () => {
  await using exchange = await startExchange();
  await exchange.kill();
  await using market = await startMarket(exchange);
  assert.equal((await fetch(`${market.service.url}/readyz`)).status, 200);
  assert.equal(await market.route('o-1', resting), 'accepted');
  assert.equal(await market.route('o-2', resting), 'accepted');
  assert.equal(await market.cancel('o-1'), 'accepted');
  assert.deepEqual(await market.eventsUntil('o-1', 'RouteCanceled'), ['RouteCanceled']);
  assert.match(await market.service.metrics.text(), /exchange_session_state\{state="active".*\} 0/);
  await exchange.restart();
  await market.eventsUntil('o-2', 'RouteAcknowledged');
  assert.deepEqual((await market.events('o-1')).length, 1);
  assert.match(await market.service.metrics.text(), /exchange_session_state\{state="active".*\} 1/);
});

/** No order waits for being sent. */
async function allSent(market: Market): Promise<void> {
  await eventually('all orders sent', async () => {
    const rows = await market.db.query<{ state: string }>(countRoutes);
    return rows.some(({ state }) => state === 'NEW') ? undefined : true;
  });
}

test('orders in flight when the exchange is killed are all filled, each once', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  const orderIds = Array.from({ length: 160 }, (_, index) => `o-${index}`);
  for (let from = 0; from < orderIds.length; from += 40) {
    const some = orderIds.slice(from, from + 40);
    // Every second time the orders are lost with the exchange, otherwise its reports about them.
    const lost = from % 80 === 0;
    await market.connected();
    if (lost) exchange.freeze();
    const routing = Promise.all(some.map((orderId) => market.route(orderId)));
    if (lost) await routing.then(() => allSent(market));
    else await market.eventsUntil(`o-${from}`, 'RouteAcknowledged');
    await exchange.kill();
    await exchange.restart();
    await routing;
  }
  await allFilled(market, orderIds);
  assert.ok(market.log.some(({ msg, report }) => msg === 'report of the exchange' && report === 'unknown'));
  await sameAsAtExchange(market, exchange);
});

test('a connection that breaks again and again loses no report and doubles no order', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  const orderIds = Array.from({ length: 100 }, (_, index) => `o-${index}`);
  for (let from = 0; from < orderIds.length; from += 20) {
    await Promise.all(orderIds.slice(from, from + 20).map((orderId) => market.route(orderId)));
    await exchange.setFaults({ dropConnection: true, loseNext: 1 });
  }
  await allFilled(market, orderIds);
  await sameAsAtExchange(market, exchange);
});

test('an order that was recorded as sent but never left is asked for, and then sent', async () => {
  await using exchange = await startExchange();
  await exchange.kill();
  await using market = await startMarket(exchange);
  await market.route('o-1');
  // As a crash leaves it between the record and the sending.
  await market.db.query(
    sql('test.sent', `update route set state = 'SENT', sends = 1, sent_at = clock_timestamp()`),
  );
  await market.eventsUntil('o-1', 'RouteInDoubt');
  await exchange.restart();
  await allFilled(market, ['o-1']);
  const types = (await market.events('o-1')).map(({ type }) => type);
  assert.deepEqual(types.slice(0, 2), ['RouteInDoubt', 'RouteAcknowledged']);
});

test('reports that come again after a crash change nothing', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  await Promise.all(['o-1', 'o-2', 'o-3'].map((orderId) => market.route(orderId)));
  await allFilled(market, ['o-1', 'o-2', 'o-3']);
  const before = await Promise.all(['o-1', 'o-2', 'o-3'].map((orderId) => market.events(orderId)));
  await market.service.stop();
  // As when the process ended before it had written what it had read.
  await market.db.query(sql('test.forget', 'update fix_session set next_incoming = 2'));
  await market.replica();
  await eventually('the reports again', async () =>
    market.log.some(({ msg }) => msg === duplicatesSeen) ? true : undefined,
  );
  await market.route('o-4');
  await allFilled(market, ['o-1', 'o-2', 'o-3', 'o-4']);
  const afterwards = await Promise.all(['o-1', 'o-2', 'o-3'].map((orderId) => market.events(orderId)));
  assert.deepEqual(afterwards, before);
});

test('of two processes one holds the session, and the other takes over', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  const other = await market.replica();
  const activeOf = async (service: { metrics: { text(): Promise<string> } }) =>
    /exchange_session_state\{state="active".*\} 1/.test(await service.metrics.text());
  await market.route('o-1');
  await market.eventsUntil('o-1', 'ExecutionReported');
  assert.deepEqual([await activeOf(market.service), await activeOf(other)], [true, false]);

  // As when a process dies or loses its lease: another owner stands in the row.
  await market.db.query(
    sql(
      'test.steal',
      `update fix_session set owner = gen_random_uuid(), lease_expires_at = clock_timestamp() + interval '1 second'`,
    ),
  );
  await market.route('o-2');
  await market.eventsUntil('o-2', 'ExecutionReported');
  assert.equal(await quantityFilled(market, 'o-2'), 10);
  await eventually('one active session', async () =>
    (await activeOf(market.service)) !== (await activeOf(other)) ? true : undefined,
  );
});

// As it stands when the report of its end was lost.
const reopened = sql(
  'test.reopened',
  `update route set state = 'ACKNOWLEDGED', outcome = null, done_at = null, cancel = 'NONE',
     contacted_at = clock_timestamp() - $1 * interval '1 second'`,
);

for (const [when, quietSeconds, dropConnection] of [
  ['when it has been quiet for long', 60, false],
  ['on the next logon', 0, true],
] as const) {
  test(`an order whose end was never reported is asked for ${when}, and ends`, async () => {
    await using exchange = await startExchange();
    await using market = await startMarket(exchange);
    await market.route('o-1', { timeInForce: 'IOC', ...resting });
    await market.eventsUntil('o-1', 'RouteCanceled');
    await market.db.query(reopened, [quietSeconds]);
    if (dropConnection) await exchange.setFaults({ dropConnection });
    await eventually('its end', async () => ((await market.events('o-1')).length === 3 ? true : undefined));
    assert.equal((await market.events('o-1')).at(-1)?.type, 'RouteCanceled');
  });
}

test('an order that the exchange has lost ends with what was filled of it', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  for (const orderId of ['o-1', 'o-2']) {
    await market.route(orderId, resting);
    await market.eventsUntil(orderId, 'RouteAcknowledged');
  }
  await exchange.kill();
  await exchange.forget();
  assert.equal(await market.cancel('o-2'), 'accepted');
  await exchange.restart();
  for (const orderId of ['o-1', 'o-2']) {
    assert.deepEqual(await market.eventsUntil(orderId, 'RouteCanceled'), [
      'RouteAcknowledged',
      'RouteCanceled',
    ]);
  }
  const unknown = market.log.filter(({ report, orderId }) => report === 'unknown' && orderId === 'o-1');
  assert.equal(unknown.length, MOST_UNKNOWNS);
});

test('an exchange that counts fills which are not recorded here is an alarm', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  await market.route('o-1');
  await allFilled(market, ['o-1']);
  assert.match(await market.service.metrics.text(), /exchange_mismatch_total\S* 0/);
  await market.db.query(
    sql('test.lost-fill', `update route set state = 'ACKNOWLEDGED', outcome = null, cumulative_nanos = 0`),
  );
  await exchange.setFaults({ dropConnection: true });
  await eventually('the alarm', async () =>
    /exchange_mismatch_total\S* [1-9]/.test(await market.service.metrics.text()) ? true : undefined,
  );
});

test('a quote that is too old is none', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  const instrumentNow = async (symbol: string) =>
    (await market.client.call(getInstrument, { symbol })).instrument ?? undefined;
  await eventually('the quotes in the table', async () =>
    (await market.db.query(quotesKept)).length === 8 ? true : undefined,
  );
  await exchange.kill();
  await market.service.stop();
  const statement = `update quote set quoted_at = case symbol when 'ACME' then now() - interval '1 minute' else now() end`;
  await market.db.query(sql('test.old-quotes', statement));
  await market.replica();
  await eventually(
    'a young quote in the new process',
    async () => (await instrumentNow('STARK'))?.quote ?? undefined,
  );
  const instrument = await instrumentNow('ACME');
  assert.equal(instrument?.symbol, 'ACME');
  assert.equal(instrument.quote, null);
});

test('what can be no symbol or order id is not there', async () => {
  await using exchange = await startExchange();
  await using market = await startMarket(exchange);
  for (const key of ['\u0000', 'AC\u0000ME', '']) {
    assert.deepEqual(await market.client.call(getInstrument, { symbol: key }), { instrument: null });
    assert.equal(await market.cancel(key), 'UNKNOWN_ROUTE');
  }
});
