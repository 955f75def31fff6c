// What a customer can do with orders: place, preview, cancel. Placing stands on one promise: the same
// clientOrderId never makes a second order, however often and however concurrently it is sent.
import {
  accepted,
  backgroundContext,
  currentContext,
  ServiceUnavailable,
  type Caller,
  type Database,
  type Logger,
  type Outcome,
} from '@simplebank/chassis';
import { uuidv7 } from '@simplebank/events';
import type { SagaRunner } from '@simplebank/saga';
import { checkFacts } from './domain/order-checks.ts';
import { previewOf, referencePrincipal, type OrderPreview } from './domain/order-estimate.ts';
import { apply } from './domain/order-history.ts';
import { decide } from './domain/order.ts';
import { checkClientOrderId, parseTerms, sameDeal } from './domain/order-terms.ts';
import type { Checked, DealTerms, FormFault, TermsInput } from './domain/order-terms.ts';
import { isRefusal } from './domain/refusal.ts';
import { gatherFacts } from './order-facts.ts';
import { isRefused, type OrderChanges } from './order-changes.ts';
import type { StoredOrder } from './order-row.ts';
import type { FeeRuleStore } from './fee-rule-store.ts';
import { refuseWith } from './rejections.ts';
import type { OrdersStore } from './store.ts';
import type { World } from './world.ts';

export interface OrderRequest {
  readonly accountId: string;
  readonly input: TermsInput;
}

export interface OrdersService {
  placeOrder(caller: Caller, placed: OrderRequest & { clientOrderId: string }): Promise<Outcome<StoredOrder>>;
  previewOrder(caller: Caller, request: OrderRequest): Promise<Outcome<OrderPreview>>;
  cancelOrder(caller: Caller, orderId: string): Promise<Outcome<StoredOrder>>;
}

export interface OrdersServiceOptions {
  readonly database: Database;
  readonly store: OrdersStore;
  readonly changes: OrderChanges;
  /** With deadlines short enough for a customer who waits. */
  readonly world: World;
  readonly feeRules: FeeRuleStore;
  readonly runner: Pick<SagaRunner, 'begin' | 'wake' | 'nudge'>;
  readonly log: Logger;
}

export function createService(options: OrdersServiceOptions): OrdersService {
  return {
    placeOrder: (caller, placed) => placeOrder(options, caller, placed),
    previewOrder: (caller, request) => previewOrder(options, caller, request),
    cancelOrder: (caller, orderId) => cancelOrder(options, caller, orderId),
  };
}

/** Idempotency first, then the form, then the world; below the last check it must succeed. */
async function placeOrder(
  options: OrdersServiceOptions,
  caller: Caller,
  { clientOrderId, accountId, input }: OrderRequest & { clientOrderId: string },
): Promise<Outcome<StoredOrder>> {
  const { store } = options;
  const invalid = checkClientOrderId(clientOrderId);
  if (invalid !== undefined) return refuseWith(invalid);
  if (!caller.accountIds.has(accountId)) return refuseWith('FORBIDDEN');
  const key = { clientOrderId, accountId, customerId: caller.customerId };
  const parsed = parseTerms(input);
  const known = await store.orderByClientId(accountId, clientOrderId);
  if (known !== undefined) return repeated(known, parsed, key);
  if (!parsed.ok) return refuseWith(parsed.code);

  const facts = await gatherFacts(options, accountId, parsed.value);
  const fault = facts === 'no-account' ? 'FORBIDDEN' : checkFacts(parsed.value, facts);
  if (fault !== undefined) {
    // A twin of this request may have taken the very shares that are missing now.
    const twin = await store.orderByClientId(accountId, clientOrderId);
    return twin === undefined ? refuseWith(fault) : repeated(twin, parsed, key);
  }
  const created = await create(options, { id: uuidv7(), ...key, ...parsed.value });
  if (created !== undefined) return accepted(created);
  const twin = await store.orderByClientId(accountId, clientOrderId);
  if (twin === undefined) throw new Error('Bug: an order that stands in the way of another is there');
  return repeated(twin, parsed, key);
}

/** Order, first event, saga and outbox in one transaction; undefined when the client's id is taken. */
async function create(
  { database, store, runner, changes }: OrdersServiceOptions,
  terms: StoredOrder['order']['terms'],
): Promise<StoredOrder | undefined> {
  const events = decide(undefined, { kind: 'place', terms });
  const order = isRefusal(events) ? undefined : apply(undefined, events);
  if (isRefusal(events) || order === undefined) throw new Error('Bug: a new order is created');
  const { correlationId, traceparent } = currentContext() ?? backgroundContext({});
  const placedAt = new Date();
  const stored = { order, origin: { correlationId, traceparent }, placedAt, completedAt: null };
  const inserted = await database.transaction(async (tx) => {
    if (!(await store.insert(tx, stored, { events, at: placedAt, causationId: null }))) return false;
    await runner.begin(tx, terms.id);
    return true;
  });
  if (!inserted) return undefined;
  changes.committed({ stored, events });
  runner.nudge(terms.id);
  return stored;
}

async function previewOrder(
  options: OrdersServiceOptions,
  caller: Caller,
  { accountId, input }: OrderRequest,
): Promise<Outcome<OrderPreview>> {
  if (!caller.accountIds.has(accountId)) return refuseWith('FORBIDDEN');
  const parsed = parseTerms(input);
  if (!parsed.ok) return refuseWith(parsed.code);
  const facts = await gatherFacts(options, accountId, parsed.value);
  if (facts === 'no-account') return refuseWith('FORBIDDEN');
  const fault = checkFacts(parsed.value, facts);
  if (fault !== undefined) return refuseWith(fault);
  const { instrument } = facts;
  if (instrument === 'unknown' || instrument === 'missing') {
    throw new ServiceUnavailable('market', 'the instrument is not known');
  }
  const principal = referencePrincipal(parsed.value, instrument);
  if (principal === undefined) return refuseWith('QUOTE_UNAVAILABLE');
  const { estimate, ceilingRule } = await options.world.feeQuote(parsed.value, principal);
  const preview = previewOf(parsed.value, instrument, estimate, ceilingRule);
  return preview === undefined ? refuseWith('QUOTE_UNAVAILABLE') : accepted(preview);
}

async function cancelOrder(
  { database, store, changes, runner }: OrdersServiceOptions,
  caller: Caller,
  orderId: string,
): Promise<Outcome<StoredOrder>> {
  const causationId = currentContext()?.correlationId ?? null;
  const canceled = await database.transaction(async (tx) => {
    const stored = await store.lock(tx, orderId);
    if (stored === undefined || !caller.accountIds.has(stored.order.terms.accountId)) return 'forbidden';
    const command = { kind: 'requestCancel' } as const;
    const change = await changes.carryOut(tx, stored, { command, causationId });
    if (!isRefused(change) && change.events.length > 0) await runner.wake(tx, orderId);
    return change;
  });
  if (canceled === 'forbidden') return refuseWith('FORBIDDEN');
  if (isRefused(canceled)) return refuseWith('ORDER_NOT_CANCELABLE');
  changes.committed(canceled);
  runner.nudge(orderId);
  return accepted(canceled.stored);
}

type Key = Pick<StoredOrder['order']['terms'], 'clientOrderId' | 'accountId' | 'customerId'>;

/** "10" and "10.0" are one body. */
function repeated(known: StoredOrder, parsed: Checked<DealTerms, FormFault>, key: Key): Outcome<StoredOrder> {
  const { terms } = known.order;
  const same = parsed.ok && sameDeal(terms, { id: terms.id, ...key, ...parsed.value });
  return same ? accepted(known) : refuseWith('CLIENT_ORDER_ID_REUSED');
}
