// Customers and accounts in Postgres. Every read takes a list of keys, so that a request needs one statement a type.
import { sql, type Database } from '@simplebank/chassis';
import { isCurrency, money, type Money } from '@simplebank/money';

export interface CustomerRecord {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

export interface AccountRecord {
  readonly id: string;
  readonly number: string;
  readonly customerId: string;
  readonly status: 'OPEN' | 'CLOSED';
  readonly orderLimit: Money;
  readonly openedAt: Date;
}

interface AccountRow {
  id: string;
  number: string;
  customer_id: string;
  status: 'OPEN' | 'CLOSED';
  currency: string;
  order_limit_minor: bigint;
  opened_at: Date;
}

const customersById = sql('customers.by-id', 'select id, name, email from customer where id = any($1)');
const customerByUsername = sql('customers.by-username', 'select id from customer where username = $1');
const accountsById = sql(
  'accounts.by-id',
  `select id, number, customer_id, status, currency, order_limit_minor, opened_at
     from account where id = any($1)`,
);
const grantsByCustomer = sql(
  'grants.by-customer',
  'select customer_id, account_id from account_grant where customer_id = any($1) order by account_id',
);

export interface CustomersStore {
  customers(ids: readonly string[]): Promise<CustomerRecord[]>;
  accounts(ids: readonly string[]): Promise<AccountRecord[]>;
  /** The id of the customer who signs in by this name. */
  customerIdOf(username: string): Promise<string | undefined>;
  /** Accounts that each customer may act on. */
  grants(customerIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}

export function createStore(database: Database): CustomersStore {
  return {
    customers: (ids) => database.query<{ id: string; name: string; email: string }>(customersById, [ids]),
    async accounts(ids) {
      const rows = await database.query<AccountRow>(accountsById, [ids]);
      return rows.map(accountOf);
    },
    async customerIdOf(username) {
      const [row] = await database.query<{ id: string }>(customerByUsername, [username]);
      return row?.id;
    },
    async grants(customerIds) {
      const rows = await database.query<{ customer_id: string; account_id: string }>(grantsByCustomer, [
        customerIds,
      ]);
      const granted = new Map<string, string[]>();
      for (const { customer_id, account_id } of rows) {
        const accounts = granted.get(customer_id);
        if (accounts === undefined) granted.set(customer_id, [account_id]);
        else accounts.push(account_id);
      }
      return granted;
    },
  };
}

function accountOf(row: AccountRow): AccountRecord {
  if (!isCurrency(row.currency)) throw new Error(`account ${row.id} has unknown currency ${row.currency}`);
  return {
    id: row.id,
    number: row.number,
    customerId: row.customer_id,
    status: row.status,
    orderLimit: money(row.order_limit_minor, row.currency),
    openedAt: row.opened_at,
  };
}
