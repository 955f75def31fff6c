// Every order that must not be placed, with the code that says why. The good order that each of them spoils sells
// ten shares that ada has.

export interface BadOrder {
  readonly what: string;
  readonly username?: 'ada' | 'grace' | 'alan';
  readonly input: Record<string, unknown>;
  readonly code: string;
}

const sell = { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '10' };
const limit = { ...sell, type: 'LIMIT' };

/** The instrument's lot is one share and its tick a cent; ada has 500 ACME and 25,000.00 USD. */
export const badForms: readonly BadOrder[] = [
  ...['0', '0.00', '-1', '-0.5'].map((quantity) => ({
    what: `a quantity of ${quantity}`,
    input: { ...sell, quantity },
    code: 'QUANTITY_NOT_POSITIVE',
  })),
  ...['1.5', '0.0000000001', '10.000000001'].map((quantity) => ({
    what: `a quantity of ${quantity}, which is no multiple of the lot`,
    input: { ...sell, quantity },
    code: 'QUANTITY_TOO_PRECISE',
  })),
  ...[
    '',
    ' 10',
    '10 ',
    '1e3',
    '+5',
    '0x10',
    '1,000',
    'ten',
    'NaN',
    'Infinity',
    '10\u0000',
    '٣',
    10,
    1.5,
    true,
    ['10'],
    { value: '10' },
  ].map((quantity) => ({
    what: `a quantity of ${JSON.stringify(quantity)}`,
    input: { ...sell, quantity },
    code: 'QUANTITY_NOT_A_NUMBER',
  })),
  ...['99999999999', '9'.repeat(1_000)].map((quantity) => ({
    what: `a quantity of ${quantity.length} digits`,
    input: { ...sell, quantity },
    code: 'QUANTITY_TOO_LARGE',
  })),
  { what: 'no quantity', input: { ...sell, quantity: null }, code: 'BAD_USER_INPUT' },
  { what: 'a side that does not exist', input: { ...sell, side: 'HOLD' }, code: 'BAD_USER_INPUT' },
  { what: 'a field that does not exist', input: { ...sell, urgent: true }, code: 'BAD_USER_INPUT' },
  { what: 'a limit order without a limit', input: limit, code: 'LIMIT_PRICE_REQUIRED' },
  {
    what: 'a market order with a limit',
    input: { ...sell, limitPrice: '120.00' },
    code: 'LIMIT_PRICE_NOT_ALLOWED',
  },
  ...['0', '0.000000', '-120.00'].map((limitPrice) => ({
    what: `a price of ${limitPrice}`,
    input: { ...limit, limitPrice },
    code: 'PRICE_NOT_POSITIVE',
  })),
  ...['', 'cheap', '1.2.3', '$120', '1e2', 120, 120.5, false, []].map((limitPrice) => ({
    what: `a price of ${JSON.stringify(limitPrice)}`,
    input: { ...limit, limitPrice },
    code: 'PRICE_NOT_A_NUMBER',
  })),
  {
    what: 'a price with seven decimals',
    input: { ...limit, limitPrice: '120.0000001' },
    code: 'PRICE_TOO_PRECISE',
  },
  {
    what: 'a price of 14 digits',
    input: { ...limit, limitPrice: '99999999999999' },
    code: 'PRICE_TOO_LARGE',
  },
];

/** What account, instrument and market say; also said when they could only be asked after the order was taken. */
export const badFacts: readonly BadOrder[] = [
  {
    what: 'an unknown symbol',
    input: { ...sell, symbol: 'NOSUCH' },
    code: 'UNKNOWN_SYMBOL',
  },
  {
    what: 'a symbol in lower case',
    input: { ...sell, symbol: 'acme' },
    code: 'UNKNOWN_SYMBOL',
  },
  {
    what: 'a limit off the tick',
    input: { ...limit, limitPrice: '120.005' },
    code: 'PRICE_OFF_TICK',
  },
  {
    what: 'a limit far above the market',
    input: { ...limit, limitPrice: '190.00' },
    code: 'PRICE_OUT_OF_BAND',
  },
  {
    what: 'a limit far below the market',
    input: { ...limit, limitPrice: '60.00' },
    code: 'PRICE_OUT_OF_BAND',
  },
  {
    what: 'more shares than there are',
    input: { ...sell, quantity: '501' },
    code: 'INSUFFICIENT_SHARES',
  },
  {
    what: 'shares that are not held',
    input: { ...sell, symbol: 'STARK', quantity: '1' },
    code: 'INSUFFICIENT_SHARES',
  },
  {
    what: 'more than there is cash for',
    input: { ...sell, side: 'BUY', quantity: '400' },
    code: 'INSUFFICIENT_CASH',
  },
  {
    what: 'a limit buy that there is no cash for',
    input: { ...limit, side: 'BUY', quantity: '300', limitPrice: '115.00' },
    code: 'INSUFFICIENT_CASH',
  },
  {
    what: 'an order above the account’s limit',
    username: 'alan',
    input: { ...sell, accountId: 'acc-1005', symbol: 'WAYNE', quantity: '100' },
    code: 'ORDER_LIMIT_EXCEEDED',
  },
  {
    what: 'an order for a closed account',
    username: 'grace',
    input: { ...sell, accountId: 'acc-1004', symbol: 'HOOLI', quantity: '1' },
    code: 'ACCOUNT_CLOSED',
  },
];

export const badAccounts: readonly BadOrder[] = [
  {
    what: 'someone else’s account',
    input: { ...sell, accountId: 'acc-1003', symbol: 'HOOLI' },
    code: 'FORBIDDEN',
  },
  { what: 'an account that does not exist', input: { ...sell, accountId: 'acc-9999' }, code: 'FORBIDDEN' },
  {
    what: 'an account with an odd name',
    input: { ...sell, accountId: "'; drop table orders; --\u0000" },
    code: 'FORBIDDEN',
  },
];
