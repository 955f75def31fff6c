// What orders answers to other services: the audit of the ledger asks for all of them, an operator resumes one.
import { answers, type InternalRoute } from '@simplebank/chassis';
import { listOrders, resumeSaga } from '@simplebank/contracts';
import { formatQuantity, moneyToWire } from '@simplebank/money';
import type { SagaRunner } from '@simplebank/saga';
import type { Reservation } from './domain/order-state.ts';
import type { OrdersStore } from './store.ts';

export function internalRoutes(store: OrdersStore, runner: SagaRunner): InternalRoute[] {
  return [
    answers(resumeSaga, async ({ orderId }) => ({ resumed: await runner.resume(orderId) })),
    answers(listOrders, async ({ afterId, first }) => {
      const found = await store.ordersAfter(afterId, first);
      return {
        orders: found.map(({ order, completedAt }) => ({
          id: order.terms.id,
          accountId: order.terms.accountId,
          symbol: order.terms.symbol,
          side: order.terms.side,
          status: order.status,
          quantity: formatQuantity(order.terms.quantity),
          cumulative: formatQuantity(order.cumulative),
          leaves: formatQuantity(order.leaves),
          canceled: formatQuantity(order.canceled),
          initiallyReserved: reserved(order.reservation),
          completed: completedAt !== null,
        })),
      };
    }),
  ];
}

function reserved(reservation: Reservation) {
  switch (reservation.kind) {
    case 'shares':
      return { kind: reservation.kind, quantity: formatQuantity(reservation.quantity) };
    case 'cash': {
      const { kind, principal, fee } = reservation;
      return { kind, principal: moneyToWire(principal), fee: moneyToWire(fee) };
    }
    case 'none':
    case 'released':
      return null;
    default:
      return reservation satisfies never;
  }
}
