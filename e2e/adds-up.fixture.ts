// The judgement after faults: one order for each client order id, posted and charged once; the exchange agrees, nothing
// works there without its reservation, and the ledger is whole.
import assert from 'node:assert/strict';
import type { CustomerSession } from './customer-session.ts';
import type { ExchangeControl } from './exchange-control.ts';
import { isWorking, unreservedOrders } from './interlock.ts';
import { accounts } from './random-plan.ts';
import { checkLedger } from './running-bank.ts';
import { bookedOrders, executionsByOrder, problemsOf } from './statement.ts';

export interface Judged {
  /** Begins every client order id of the run. */
  readonly run: string;
  readonly sent: readonly { readonly clientOrderId: string; readonly orderId?: string }[];
  /** By username. */
  readonly sessions: ReadonlyMap<string, CustomerSession>;
  readonly exchange: ExchangeControl;
  readonly ledgerUrl: string;
  readonly dataDir: string;
  /** So many orders may be rejected, since a service was away for longer than their sagas try (packages/saga/limits.ts). */
  readonly givenUpAtMost?: number;
}

/** What an order is rejected with when its saga gives up (subgraphs/orders/saga-port.ts). */
const givenUpCodes = new Set(['SERVICE_UNAVAILABLE', 'QUOTE_UNAVAILABLE']);

/** All orders of the run are marketable and end FILLED, but for those that were given up before they were routed. */
export async function assertAllAddsUp(judged: Judged): Promise<void> {
  const { run, sent, sessions, exchange, givenUpAtMost = 0, ...bank } = judged;
  const asked = accounts.map(({ username, accountId }) => {
    const session = sessions.get(username);
    return session === undefined ? [] : bookedOrders(session, accountId, run);
  });
  const booked = (await Promise.all(asked)).flat();
  assert.deepEqual(
    booked.map(({ clientOrderId, id }) => `${clientOrderId} ${id}`).toSorted(),
    sent.map(({ clientOrderId, orderId }) => `${clientOrderId} ${orderId}`).toSorted(),
  );
  const byOrder = executionsByOrder(await exchange.executions());
  assert.deepEqual(
    booked.flatMap((order) => problemsOf(order, byOrder.get(order.id) ?? [])),
    [],
  );
  const givenUp = booked.filter(({ rejection }) => givenUpCodes.has(rejection?.code ?? ''));
  assert.ok(givenUp.length <= givenUpAtMost, `${givenUp.length} orders were given up`);
  const unfilled = booked.filter((order) => order.outcome !== 'FILLED' && !givenUp.includes(order));
  assert.deepEqual(
    unfilled.map(({ id, side, outcome, rejection }) => `${id}: ${side} ${outcome} ${rejection?.code}`),
    [],
  );
  assert.deepEqual((await exchange.orders()).filter(isWorking), []);
  assert.deepEqual(await unreservedOrders(bank.ledgerUrl, exchange), []);
  const ledger = await checkLedger(bank.dataDir);
  assert.ok(ledger.atRestAndTrue, ledger.output);
}
