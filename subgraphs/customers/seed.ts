// The customers of a development bank, inserted at the first start and left alone afterwards.
import { sql, type Database } from '@simplebank/chassis';
import { demoCurrency, demoCustomers } from '@simplebank/contracts';
import { moneyOf } from '@simplebank/money';

const insertCustomer = sql(
  'seed.customer',
  'insert into customer (id, username, name, email) values ($1, $2, $3, $4) on conflict do nothing',
);
const insertAccount = sql(
  'seed.account',
  `insert into account (id, number, customer_id, status, currency, order_limit_minor)
   values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
);
const insertGrant = sql(
  'seed.grant',
  'insert into account_grant (customer_id, account_id) values ($1, $2) on conflict do nothing',
);

export async function seedDemoCustomers(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    for (const { id, username, name, email, accounts } of demoCustomers) {
      await tx.query(insertCustomer, [id, username, name, email]);
      for (const account of accounts) {
        const limit = moneyOf(account.orderLimit, demoCurrency).amount;
        await tx.query(insertAccount, [account.id, account.number, id, account.status, demoCurrency, limit]);
        await tx.query(insertGrant, [id, account.id]);
      }
    }
  });
}
