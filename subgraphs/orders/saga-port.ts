// How the placing saga reaches the world: it loads and records orders, and carries its commands out. A request that is
// refused as such (4xx) stops the saga for an operator; before the order is at the market it rejects the order with
// INTERNAL_ERROR instead.
import {
  backgroundContext,
  publicFault,
  RequestRefused,
  runInContext,
  type Tracing,
  type Transaction,
} from '@simplebank/chassis';
import { rejectionOf, type ErrorCode } from '@simplebank/contracts';
import { CommandRefused, SagaStuck, type SagaPort } from '@simplebank/saga';
import type { SagaReply } from './domain/order-commands.ts';
import { quoteOf } from './domain/order-estimate.ts';
import type { Order } from './domain/order-state.ts';
import type { DealTerms } from './domain/order-terms.ts';
import type { SagaCommand } from './domain/place-order-saga.ts';
import type { FeeRuleStore } from './fee-rule-store.ts';
import { isRefused, type OrderChange, type OrderChanges } from './order-changes.ts';
import type { StoredOrder } from './order-row.ts';
import { carryOut, refused, StepFault, type Participants } from './saga-commands.ts';
import type { OrdersStore } from './store.ts';

/** The order that a saga carries, and the change that made it so: empty where it was only read. */
export type CarriedOrder = Order & { readonly change: OrderChange };

export interface SagaPortOptions extends Participants {
  readonly feeRules: FeeRuleStore;
  readonly store: OrdersStore;
  readonly changes: OrderChanges;
  readonly tracing: Tracing;
}

export function createSagaPort({
  feeRules,
  store,
  changes,
  tracing,
  ...participants
}: SagaPortOptions): SagaPort<CarriedOrder, SagaCommand, SagaReply, Transaction> {
  return {
    async load(orderId) {
      const [stored] = await store.orders([orderId]);
      return carried({ stored: foundOrder(orderId, stored), events: [] });
    },

    async execute(command) {
      try {
        return await carryOut(participants, command);
      } catch (fault) {
        if (fault instanceof SagaStuck || fault instanceof StepFault) throw fault;
        // It would be refused each time: nothing to retry, and no outage to tell the customer of.
        if (fault instanceof RequestRefused) {
          throw new CommandRefused(`INTERNAL_ERROR: ${fault.message}`, { cause: fault });
        }
        throw new StepFault(publicFault(fault).code as ErrorCode, fault);
      }
    },

    async record(tx, orderId, reply) {
      const stored = foundOrder(orderId, await store.lock(tx, orderId));
      const change = await changes.carryOut(tx, stored, { command: reply, causationId: null });
      if (isRefused(change)) throw new SagaStuck(`INTERNAL_ERROR: ${change.refused}: ${change.message}`);
      return carried(change);
    },

    recorded: ({ change }) => changes.committed(change),

    giveUp: (stepName, { terms }, fault) => givenUp(feeRules, { stepName, terms, fault }),

    inContext: ({ terms, change }, work) =>
      runInContext(backgroundContext({ ...change.stored.origin, orderId: terms.id }), work),

    inStep: (stepName, work) => tracing.inSpan(`place order: ${stepName}`, { kind: 'internal' }, work),
  };
}

/** The reply to go on with: by the last fee rule where only the fees are missing, otherwise the order's rejection. */
function givenUp(
  feeRules: FeeRuleStore,
  { stepName, terms, fault }: { stepName: string; terms: DealTerms; fault: unknown },
): SagaReply {
  if (fault instanceof CommandRefused) return refused(rejectionOf('INTERNAL_ERROR'));
  const schedule = feeRules.last();
  const instrument = fault instanceof StepFault ? fault.instrument : undefined;
  if (stepName === 'quoteFee' && schedule !== undefined && instrument !== undefined) {
    const quote = quoteOf(terms, instrument, { ...schedule, estimate: undefined });
    if (quote !== undefined) return { kind: 'feeQuoted', quote };
  }
  const noQuote = fault instanceof StepFault && fault.code === 'QUOTE_UNAVAILABLE';
  return refused(rejectionOf(noQuote ? 'QUOTE_UNAVAILABLE' : 'SERVICE_UNAVAILABLE'));
}

function foundOrder(orderId: string, stored: StoredOrder | undefined): StoredOrder {
  if (stored === undefined) throw new SagaStuck(`INTERNAL_ERROR: there is no order ${orderId}`);
  return stored;
}

function carried(change: OrderChange): CarriedOrder {
  return { ...change.stored.order, change };
}
