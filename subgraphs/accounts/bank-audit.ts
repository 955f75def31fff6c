// Holds the ledger against the market's executions and the bank's orders: nothing is missing, nothing was
// invented, and what is set aside has an open order behind it. It may run while the bank works: what is only
// true at rest is counted as in flight where unfinished work explains it.
import type { Database, ServiceClient } from '@simplebank/chassis';
import { moneyFromWire, price, principal, quantity } from '@simplebank/money';
import {
  readCharges,
  readExecutions,
  readLedger,
  readOrders,
  type AuditedCharge,
  type AuditedExecution,
  type BankReading,
  type LedgerSnapshot,
  type PostedTrade,
} from './audit-reading.ts';
import { isCash } from './domain/ledger-account.ts';
import { findingOf, type Finding } from './finding.ts';
import { reservationsHaveOrders } from './reservation-audit.ts';

/**
 * The order of reading makes it right for a bank at work: what was completed before the ledger's snapshot must be
 * in it, and what is in the snapshot must be known to whoever is asked afterwards.
 */
export async function auditBank({
  database,
  client,
}: {
  database: Database;
  client: ServiceClient;
}): Promise<Finding[]> {
  const ordersBefore = await readOrders(client);
  const ledger = await readLedger(database);
  const executions = await readExecutions(client);
  const charges = await readCharges(client);
  const ordersAfter = await readOrders(client);
  return judgeBank({ ordersBefore, ledger, executions, charges, ordersAfter });
}

export function judgeBank(reading: BankReading): Finding[] {
  return [
    executionsArePosted(reading),
    nothingIsInvented(reading),
    cashIsPriceTimesQuantity(reading),
    everyExecutionHasItsFee(reading),
    feesAreCharges(reading),
    clearingIsNetOfExecutions(reading),
    quantitiesAddUp(reading),
    fillsAreExecutions(reading),
    reservationsHaveOrders(reading),
  ];
}

function executionsArePosted({ executions, ledger, ordersBefore }: BankReading): Finding {
  const posted = byExecution(ledger);
  const violations: string[] = [];
  let inFlight = 0;
  for (const execution of executions) {
    const trade = posted.get(execution.executionId);
    if (trade !== undefined) {
      if (!isSameTrade(trade, execution))
        violations.push(`${execution.executionId}: posted with another body`);
    } else if (ordersBefore.get(execution.orderId)?.completed === true) {
      violations.push(`${execution.executionId}: not posted, but order ${execution.orderId} is completed`);
    } else {
      inFlight += 1;
    }
  }
  return findingOf('every execution is posted once, with its quantity', {
    checked: executions.length,
    inFlight,
    violations,
  });
}

function nothingIsInvented({ executions, ledger }: BankReading): Finding {
  const known = new Set(executions.map(({ executionId }) => executionId));
  const posted = byExecution(ledger);
  return findingOf('nothing is posted without an execution, and no fee without a trade', {
    checked: ledger.trades.length + ledger.fees.length,
    violations: [
      ...[...posted.keys()].filter((id) => !known.has(id)).map((id) => `trade ${id}: no such execution`),
      ...ledger.fees
        .filter(({ executionId }) => !posted.has(executionId))
        .map(({ executionId }) => `fee ${executionId}: its trade is not posted`),
    ],
  });
}

function cashIsPriceTimesQuantity({ executions, ledger }: BankReading): Finding {
  const posted = byExecution(ledger);
  const trades = executions.flatMap((execution) => {
    const trade = posted.get(execution.executionId);
    return trade === undefined ? [] : [{ execution, trade }];
  });
  return findingOf("each trade's cash is its price times its quantity, rounded to the minor unit", {
    checked: trades.length,
    violations: trades.flatMap(({ execution, trade: { currency, principal: cash } }) => {
      if (!isCash(currency)) return [`${execution.executionId}: paid in ${currency}`];
      const exact = (rounding: 'DOWN' | 'UP') =>
        principal(price(execution.price), quantity(execution.quantity), currency, rounding).amount;
      return exact('DOWN') <= cash && cash <= exact('UP')
        ? []
        : [`${execution.executionId}: ${cash} ${currency}`];
    }),
  });
}

function everyExecutionHasItsFee({ executions, ledger, ordersBefore }: BankReading): Finding {
  const charged = new Set(ledger.fees.map(({ executionId }) => executionId));
  const missing = executions.filter(({ executionId }) => !charged.has(executionId));
  const isCompleted = ({ orderId }: AuditedExecution) => ordersBefore.get(orderId)?.completed === true;
  const violations = missing.filter(isCompleted).map(({ executionId }) => `${executionId}: no fee`);
  return findingOf('every execution of a completed order has its fee', {
    checked: executions.length,
    inFlight: missing.length - violations.length,
    violations,
  });
}

/** A charge is recorded before its fee is posted, so a posted fee without one was invented. */
function feesAreCharges({ charges, ledger, ordersBefore }: BankReading): Finding {
  const posted = new Map(ledger.fees.map(({ executionId, amount }) => [executionId, amount]));
  const charged = new Map(charges.map((charge) => [charge.executionId, minorUnitsOf(charge)]));
  const missing = charges.filter((charge) => !posted.has(charge.executionId) && minorUnitsOf(charge) !== 0n);
  const unposted = missing.filter(({ orderId }) => ordersBefore.get(orderId)?.completed === true);
  return findingOf('each posted fee is the charge of its execution, and each charge is posted once', {
    checked: posted.size,
    inFlight: missing.length - unposted.length,
    violations: [
      ...unposted.map(({ executionId }) => `${executionId}: charged, but not posted`),
      ...[...posted]
        .filter(([executionId, amount]) => charged.get(executionId) !== amount)
        .map(
          ([executionId, amount]) =>
            `${executionId}: posted ${amount}, charged ${charged.get(executionId) ?? 'nothing'}`,
        ),
    ],
  });
}

function minorUnitsOf({ total }: AuditedCharge): bigint {
  return moneyFromWire(total).amount;
}

function clearingIsNetOfExecutions({ executions, ledger }: BankReading): Finding {
  const posted = byExecution(ledger);
  const net = new Map<string, bigint>();
  for (const { executionId, symbol, side, quantity: text } of executions) {
    if (!posted.has(executionId)) continue;
    const shares = quantity(text);
    net.set(symbol, (net.get(symbol) ?? 0n) + (side === 'SELL' ? shares : -shares));
  }
  const symbols = new Set([...net.keys(), ...[...ledger.clearing.keys()].filter((asset) => !isCash(asset))]);
  return findingOf('clearing holds, for each symbol, the net of the posted executions', {
    checked: symbols.size,
    violations: [...symbols]
      .filter((symbol) => (ledger.clearing.get(symbol) ?? 0n) !== (net.get(symbol) ?? 0n))
      .map(
        (symbol) =>
          `${symbol}: clearing ${ledger.clearing.get(symbol) ?? 0n}, executions ${net.get(symbol) ?? 0n}`,
      ),
  });
}

function quantitiesAddUp({ ordersAfter }: BankReading): Finding {
  const orders = [...ordersAfter.values()];
  return findingOf('for each order: cumulative + leaves + canceled = quantity', {
    checked: orders.length,
    violations: orders
      .filter(
        (order) =>
          quantity(order.cumulative) + quantity(order.leaves) + quantity(order.canceled) !==
          quantity(order.quantity),
      )
      .map(
        ({ id, cumulative, leaves, canceled, quantity: whole }) =>
          `${id}: ${cumulative} + ${leaves} + ${canceled} ≠ ${whole}`,
      ),
  });
}

function fillsAreExecutions({ executions, ordersBefore }: BankReading): Finding {
  const executed = new Map<string, bigint>();
  for (const { orderId, quantity: text } of executions) {
    executed.set(orderId, (executed.get(orderId) ?? 0n) + quantity(text));
  }
  const completed = [...ordersBefore.values()].filter((order) => order.completed);
  return findingOf("each completed order's cumulative is the sum of its executions", {
    checked: completed.length,
    inFlight: ordersBefore.size - completed.length,
    violations: completed
      .filter(({ id, cumulative }) => quantity(cumulative) !== (executed.get(id) ?? 0n))
      .map(
        ({ id, cumulative }) => `${id}: cumulative ${cumulative}, executed ${executed.get(id) ?? 0n} units`,
      ),
  });
}

function byExecution({ trades }: LedgerSnapshot): ReadonlyMap<string, PostedTrade> {
  return new Map(trades.map((trade) => [trade.executionId, trade]));
}

function isSameTrade(trade: PostedTrade, execution: AuditedExecution): boolean {
  return (
    trade.orderId === execution.orderId &&
    trade.accountId === execution.accountId &&
    trade.side === execution.side &&
    trade.symbol === execution.symbol &&
    trade.quantity === quantity(execution.quantity)
  );
}
