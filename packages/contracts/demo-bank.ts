// The customers of a development bank. Services seed their part of it at first start when SEED_DEMO is set:
// customers the people and accounts, accounts the opening balances, identity the sign-ins.

export interface DemoAccount {
  readonly id: string;
  readonly number: string;
  readonly status: 'OPEN' | 'CLOSED';
  /** Decimal strings in USD. */
  readonly orderLimit: string;
  readonly cash: string;
  /** Symbol to whole shares. */
  readonly shares: Readonly<Record<string, string>>;
}

export interface DemoCustomer {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly email: string;
  readonly accounts: readonly DemoAccount[];
}

const everything = {
  ACME: '10000',
  GLOBEX: '10000',
  INITECH: '10000',
  UMBRELLA: '10000',
  STARK: '10000',
  WAYNE: '10000',
  HOOLI: '10000',
  CYBERDYNE: '10000',
};

/** Every demo customer's password; a development bank only. */
export const demoPassword = 'demo';

export const demoCurrency = 'USD';

export const demoCustomers: readonly DemoCustomer[] = [
  {
    id: 'cus-ada',
    username: 'ada',
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    accounts: [
      account('1001', { cash: '25000.00', shares: { ACME: '500', GLOBEX: '250' } }),
      account('1002', { cash: '0.00', shares: { ACME: '100' } }),
    ],
  },
  {
    id: 'cus-grace',
    username: 'grace',
    name: 'Grace Hopper',
    email: 'grace@example.com',
    accounts: [
      account('1003', { cash: '100000.00', shares: { HOOLI: '1000', STARK: '40' } }),
      account('1004', { status: 'CLOSED' }),
    ],
  },
  {
    id: 'cus-alan',
    username: 'alan',
    name: 'Alan Turing',
    email: 'alan@example.com',
    accounts: [account('1005', { orderLimit: '1000.00', cash: '50000.00', shares: { WAYNE: '200' } })],
  },
  // The three below are rich, for load and random runs.
  ...['barbara', 'edsger', 'katherine'].map((username, index): DemoCustomer => ({
    id: `cus-${username}`,
    username,
    name:
      { barbara: 'Barbara Liskov', edsger: 'Edsger Dijkstra', katherine: 'Katherine Johnson' }[username] ??
      username,
    email: `${username}@example.com`,
    accounts: [
      account(String(2001 + index * 2), { cash: '50000000.00', shares: everything }),
      account(String(2002 + index * 2), { cash: '50000000.00', shares: everything }),
    ],
  })),
];

function account(number: string, given: Partial<Omit<DemoAccount, 'id' | 'number'>>): DemoAccount {
  return {
    id: `acc-${number}`,
    number: `SB-${number}`,
    status: 'OPEN',
    orderLimit: '250000.00',
    cash: '0.00',
    shares: {},
    ...given,
  };
}
