// What is true at the end of every story of the market: each order filled as often as the exchange says, once.
import { strict as assert } from 'node:assert';
import { sql } from '@simplebank/chassis';
import { listExecutions, marketEventSchemas } from '@simplebank/contracts';
import { eventually, type Exchange, type Market } from './market.fixture.ts';

export const countRoutes = sql(
  'test.routes',
  `select state, count(*)::int as routes from route group by state`,
);

export async function quantityFilled(market: Market, orderId: string): Promise<number> {
  const events = await market.events(orderId);
  return events
    .filter(({ type }) => type === 'ExecutionReported')
    .map(({ data }) => Number(marketEventSchemas.ExecutionReported.parse(data).quantity))
    .reduce((sum, filled) => sum + filled, 0);
}

/** The exchange's own statement and our executions are the same. */
export async function sameAsAtExchange(market: Market, exchange: Exchange): Promise<void> {
  const { executions } = await market.client.call(listExecutions, { afterPosition: 0, first: 1000 });
  const ids = executions.map(({ executionId }) => executionId);
  assert.deepEqual(ids.toSorted(), (await exchange.executionIds()).toSorted());
}

/** Every order filled, and each execution of the exchange here exactly once. */
export async function allFilled(market: Market, orderIds: readonly string[]): Promise<void> {
  await eventually('all routes done', async () => {
    const rows = await market.db.query<{ state: string; routes: number }>(countRoutes);
    return rows.length === 1 && rows[0]?.state === 'DONE' && rows[0].routes === orderIds.length
      ? true
      : undefined;
  });
  for (const orderId of orderIds) {
    assert.equal(await quantityFilled(market, orderId), 10, orderId);
    const events = await market.events(orderId);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_event, index) => index + 1),
    );
    assert.equal(events.filter(({ type }) => type === 'RouteAcknowledged').length, 1);
  }
}
