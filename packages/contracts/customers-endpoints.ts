// Questions that the customers service answers to other services.
import { z } from 'zod';
import { endpoint } from '@simplebank/chassis';
import { moneySchema } from './wire.ts';

export const getAccount = endpoint({
  service: 'customers',
  path: '/internal/account',
  request: z.object({ accountId: z.string() }),
  response: z.object({
    account: z
      .object({
        id: z.string(),
        customerId: z.string(),
        status: z.enum(['OPEN', 'CLOSED']),
        currency: z.string(),
        orderLimit: moneySchema,
      })
      .nullable(),
  }),
});

/** Which customer a user name stands for, and the accounts it may act on. */
export const getGrants = endpoint({
  service: 'customers',
  path: '/internal/grants',
  request: z.object({ username: z.string() }),
  response: z.object({
    grants: z.object({ customerId: z.string(), accountIds: z.array(z.string()) }).nullable(),
  }),
});
