// The customers subgraph. Whatever it returns, it first checks that the caller may see it; _entities included.
// References resolve asynchronously, so that a refusal is one entity's and not the whole list's.
import { forbidden, type Caller, type SubgraphContext, type SubgraphResolvers } from '@simplebank/chassis';
import { moneyToWire } from '@simplebank/money';
import type { Loaders } from './loaders.ts';
import type { AccountRecord, CustomerRecord } from './store.ts';

type Context = SubgraphContext<Loaders>;

export const resolvers: SubgraphResolvers<Loaders> = {
  Query: {
    me: (_root: unknown, _args: unknown, { caller, loaders }: Context) =>
      customer(caller, loaders, caller.customerId),
    account: (_root: unknown, { id }: { id: string }, { caller, loaders }: Context) =>
      account(caller, loaders, id),
  },
  Customer: {
    __resolveReference: async ({ id }: { id: string }, { caller, loaders }: Context) =>
      customer(caller, loaders, id),
    accounts: (_customer: CustomerRecord, _args: unknown, { caller, loaders }: Context) =>
      Promise.all([...caller.accountIds].toSorted().map((id) => account(caller, loaders, id))),
  },
  Account: {
    __resolveReference: async ({ id }: { id: string }, { caller, loaders }: Context) =>
      account(caller, loaders, id),
    currency: ({ orderLimit }: AccountRecord) => orderLimit.currency,
    orderLimit: ({ orderLimit }: AccountRecord) => moneyToWire(orderLimit),
    openedAt: ({ openedAt }: AccountRecord) => openedAt.toISOString(),
    customer: ({ customerId }: AccountRecord, _args: unknown, { caller, loaders }: Context) =>
      customer(caller, loaders, customerId),
  },
};

async function customer(caller: Caller, loaders: Loaders, id: string): Promise<CustomerRecord> {
  if (id !== caller.customerId) throw forbidden();
  const found = await loaders.customers.load(id);
  if (found === undefined) throw forbidden();
  return found;
}

/** The token says which accounts the caller may act on, so a foreign and an unknown one answer alike. */
async function account(caller: Caller, loaders: Loaders, id: string): Promise<AccountRecord> {
  if (!caller.accountIds.has(id)) throw forbidden();
  const found = await loaders.accounts.load(id);
  if (found === undefined) throw forbidden();
  return found;
}
