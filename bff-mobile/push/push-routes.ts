// Where a device registers for pushes: beside GraphQL, since what it registers is the device's and not the bank's.
import { currentContext, forbidden, unauthenticated, type Caller } from '@simplebank/chassis';
import { OperationRefused, type OwnRoutes } from '@simplebank/completion';
import type { PushServices } from './push-services.ts';
import { pushSubscriptionSchema } from './push-subscription.ts';
import { mostSubscriptions, type SubscriptionStore } from './subscription-store.ts';

export interface PushRoutesOptions {
  readonly store: SubscriptionStore;
  readonly services: PushServices;
  readonly publicKey: string;
}

export function pushRoutes({ store, services, publicKey }: PushRoutesOptions): OwnRoutes {
  return (scope) => {
    scope.get('/devices/push/key', async () => {
      requireCaller();
      return { publicKey };
    });
    scope.post('/devices/push', async (request, reply) => {
      const caller = requireCaller();
      const parsed = pushSubscriptionSchema.safeParse(request.body);
      if (!parsed.success) throw invalid();
      if (!services.includes(parsed.data.endpoint)) throw unknownService();
      const id = await store.add(caller, parsed.data);
      if (id === undefined) throw tooMany();
      return reply.code(201).send({ id });
    });
    // The same answer for another customer's and for none, so that nobody learns what exists.
    scope.delete<{ Params: { id: string } }>('/devices/push/:id', async (request, reply) => {
      await store.remove(requireCaller().customerId, request.params.id);
      return reply.code(204).send();
    });
  };
}

/** A push tells that an order has ended, so its receiver must be one who may read orders. */
function requireCaller(): Caller {
  const caller = currentContext()?.caller;
  if (caller === undefined) throw unauthenticated();
  if (!caller.scopes.has('orders:read')) throw forbidden();
  return caller;
}

function invalid(): OperationRefused {
  const message =
    'This is no push subscription: send endpoint, keys.p256dh and keys.auth as the device got them.';
  return new OperationRefused({ status: 400, code: 'PUSH_SUBSCRIPTION_INVALID', message });
}

function unknownService(): OperationRefused {
  const message = 'Pushes are not sent to this endpoint: it is of no push service that is known here.';
  return new OperationRefused({ status: 400, code: 'PUSH_SERVICE_UNKNOWN', message });
}

function tooMany(): OperationRefused {
  const message = `A customer has at most ${mostSubscriptions} devices with pushes: remove one first.`;
  return new OperationRefused({ status: 409, code: 'TOO_MANY_PUSH_SUBSCRIPTIONS', message });
}
