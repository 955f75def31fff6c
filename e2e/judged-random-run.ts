// A random run and the judgement on it: each order against the exchange's statement, the ledger's sums before and
// after, and the ledger check.
import type { RunningBank } from '@simplebank/chassis';
import { customerSession } from './customer-session.ts';
import { exchangeControl } from './exchange-control.ts';
import { readTotals, unconserved } from './ledger-totals.ts';
import { accounts, usernames } from './random-plan.ts';
import { runRandomOrders, type RandomOrder, type RandomRun } from './random-run.ts';
import { checkLedger } from './running-bank.ts';
import { bookedOrders, executionsByOrder, problemsOf, type BookedOrder } from './statement.ts';

export interface JudgedRunOptions {
  readonly dataDir: string;
  readonly wiring: RunningBank;
  readonly count: number;
  readonly seed: number;
  readonly inFlight: number;
  readonly onProgress?: (settled: number) => void;
}

export interface JudgedRun {
  readonly run: RandomRun;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly executions: number;
  readonly repeats: number;
  /** What the ledger check printed. */
  readonly ledger: string;
  /** Empty when everything holds. */
  readonly problems: readonly string[];
}

export async function judgedRandomRun({ dataDir, wiring, ...options }: JudgedRunOptions): Promise<JudgedRun> {
  const exchange = exchangeControl(wiring.exchangeControlUrl);
  const urlOf = (name: 'identity' | 'bff-web' | 'bff-mobile') =>
    process.env[`URL_${name.toUpperCase().replace('-', '_')}`] ?? wiring.addresses[name] ?? '';
  const sessions = new Map(
    usernames.map((username, index) => {
      const bff = urlOf(index % 2 === 0 ? 'bff-web' : 'bff-mobile');
      return [
        username,
        customerSession({ username, addresses: () => ({ identity: urlOf('identity'), bff }) }),
      ];
    }),
  );
  const ledgerUrl = wiring.databaseUrls['accounts'] ?? '';
  const runId = crypto.randomUUID();
  const [totalsBefore, executionsBefore] = await Promise.all([readTotals(ledgerUrl), exchange.executions()]);
  const run = await runRandomOrders({ ...options, sessions, exchange, runId });

  const [totalsAfter, executions] = await Promise.all([readTotals(ledgerUrl), exchange.executions()]);
  const known = new Set(executionsBefore.map(({ execId }) => execId));
  const fresh = executions.filter(({ execId }) => !known.has(execId));
  const booked: BookedOrder[] = [];
  for (const { username, accountId } of accounts) {
    const session = sessions.get(username);
    if (session !== undefined) booked.push(...(await bookedOrders(session, accountId, `random-${runId}-`)));
  }
  const ledger = await checkLedger(dataDir);
  const byOrder = executionsByOrder(executions);
  return {
    run,
    outcomes: counted(booked.map(({ outcome }) => outcome ?? 'none')),
    executions: fresh.length,
    repeats: [...sessions.values()].reduce((sum, session) => sum + session.repeats(), 0),
    ledger: ledger.output,
    problems: [
      ...run.problems,
      ...[...sessions.values()].flatMap((session) => session.internalErrors()),
      ...booked.flatMap((order) => problemsOf(order, byOrder.get(order.id) ?? [])),
      ...unlike(run.placed, booked),
      ...unconserved(totalsBefore, totalsAfter, fresh),
      ...(ledger.atRestAndTrue
        ? []
        : [`the ledger check found something, or work under way: ${ledger.output}`]),
    ],
  };
}

/** Each order that was acknowledged is booked once, and nothing else is. */
function unlike(placed: readonly RandomOrder[], booked: readonly BookedOrder[]): string[] {
  const byClientId = Map.groupBy(booked, ({ clientOrderId }) => clientOrderId);
  const problems = placed.flatMap(({ clientOrderId, orderId, refusedWith }) => {
    const found = byClientId.get(clientOrderId) ?? [];
    byClientId.delete(clientOrderId);
    const [order] = found;
    if (order === undefined || found.length > 1 || order.id !== orderId) {
      return [`${clientOrderId} was acknowledged as ${orderId}, booked ${found.map(({ id }) => id).join()}`];
    }
    return refusedWith === undefined || order.rejection?.code === refusedWith
      ? []
      : [`${orderId}: ${order.outcome}, but should be rejected with ${refusedWith}`];
  });
  return [...problems, ...[...byClientId.keys()].map((id) => `${id} is booked and was never acknowledged`)];
}

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
