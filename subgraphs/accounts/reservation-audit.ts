// The one invariant that is true at rest only: what is set aside is what open orders leave, or have executed and
// not yet posted. Work under way is told apart by asking the orders before and after the ledger.
import { moneyFromWire, quantity } from '@simplebank/money';
import type { AuditedOrder, BankReading } from './audit-reading.ts';
import { findingOf, type Finding } from './finding.ts';

/** One order's state in the ledger: shares for a sell, cash for a buy, in the smallest units. */
interface InLedger {
  readonly amount: bigint;
  readonly rest: bigint;
  /** What its trades have taken out of the reservation, fees included. */
  readonly posted: bigint;
  readonly postedShares: bigint;
}

export function reservationsHaveOrders({ ledger, ordersBefore, ordersAfter }: BankReading): Finding {
  const reservations = new Map(
    ledger.openReservations.map((reservation) => [reservation.orderId, reservation]),
  );
  const posted = sums(
    ledger.trades.map(({ orderId, side, quantity: shares, principal }) => [
      orderId,
      side === 'SELL' ? shares : principal,
    ]),
  );
  const fees = sums(ledger.fees.map(({ orderId, amount }) => [orderId, amount]));
  const postedShares = sums(ledger.trades.map(({ orderId, quantity: shares }) => [orderId, shares]));
  const holding = [...ordersAfter.values()]
    .filter((order) => order.initiallyReserved !== null)
    .map(({ id }) => id);
  const ids = new Set([...reservations.keys(), ...holding]);
  const violations: string[] = [];
  let inFlight = 0;
  for (const id of ids) {
    const after = ordersAfter.get(id);
    const verdict = explain(ordersBefore.get(id), after, {
      amount: reservations.get(id)?.amount ?? 0n,
      rest: reservations.get(id)?.rest ?? 0n,
      posted: (posted.get(id) ?? 0n) + (after?.side === 'BUY' ? (fees.get(id) ?? 0n) : 0n),
      postedShares: postedShares.get(id) ?? 0n,
    });
    if (verdict === 'in flight') inFlight += 1;
    else if (verdict !== 'explained') violations.push(`${id}: ${verdict}`);
  }
  return findingOf('what is reserved is what open orders leave, or have executed and not yet posted', {
    checked: ids.size,
    inFlight,
    violations,
  });
}

/** 'explained', 'in flight', or what is wrong. */
function explain(
  before: AuditedOrder | undefined,
  after: AuditedOrder | undefined,
  ledger: InLedger,
): string {
  const { amount, rest, posted, postedShares } = ledger;
  if (after === undefined) return `${rest} reserved for an order that nobody knows`;
  if (before?.completed === true)
    return rest === 0n ? 'explained' : `${rest} reserved, but the order is completed`;
  // Seen at work: the ledger's snapshot lies somewhere between the two.
  if (before === undefined || JSON.stringify(before) !== JSON.stringify(after)) return 'in flight';
  const { initiallyReserved } = after;
  // The ledger is ahead of the order: reserved or released, and not yet recorded there.
  if (initiallyReserved === null) return 'in flight';
  const leaves = quantity(after.leaves);
  if (amount === 0n) return leaves === 0n ? 'in flight' : 'the order stands without its reservation';
  const initially = initialAmount(initiallyReserved);
  if (amount !== initially) return `${amount} was reserved, the order says ${initially}`;
  if (rest !== initially - posted) return `${rest} reserved, ${initially - posted} expected`;
  // Canceled shares stay reserved until the order is released; executed ones until they are posted.
  const unposted = quantity(after.cumulative) - postedShares;
  const explained = leaves + quantity(after.canceled) + unposted;
  if (after.side === 'SELL' && rest !== explained) return `${rest} reserved, ${explained} explained`;
  return unposted > 0n || leaves === 0n ? 'in flight' : 'explained';
}

function initialAmount(reserved: NonNullable<AuditedOrder['initiallyReserved']>): bigint {
  if (reserved.kind === 'shares') return quantity(reserved.quantity);
  const { principal, fee } = reserved;
  if (principal.currency !== fee.currency) return -1n;
  return moneyFromWire(principal).amount + moneyFromWire(fee).amount;
}

function sums(amounts: readonly (readonly [string, bigint])[]): ReadonlyMap<string, bigint> {
  const total = new Map<string, bigint>();
  for (const [id, amount] of amounts) total.set(id, (total.get(id) ?? 0n) + amount);
  return total;
}
