// What customers answers to other services.
import { answers, type InternalRoute } from '@simplebank/chassis';
import { getAccount, getGrants } from '@simplebank/contracts';
import { moneyToWire } from '@simplebank/money';
import type { CustomersStore } from './store.ts';

export function internalRoutes(store: CustomersStore): InternalRoute[] {
  return [
    answers(getAccount, async ({ accountId }) => {
      const [account] = await store.accounts([accountId]);
      if (account === undefined) return { account: null };
      const { id, customerId, status, orderLimit } = account;
      return {
        account: {
          id,
          customerId,
          status,
          currency: orderLimit.currency,
          orderLimit: moneyToWire(orderLimit),
        },
      };
    }),
    answers(getGrants, async ({ username }) => {
      const customerId = await store.customerIdOf(username);
      if (customerId === undefined) return { grants: null };
      const granted = await store.grants([customerId]);
      return { grants: { customerId, accountIds: [...(granted.get(customerId) ?? [])] } };
    }),
  ];
}
