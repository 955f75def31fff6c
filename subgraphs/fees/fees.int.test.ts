// The fees service over real HTTP and Postgres: charging is idempotent and capped, and charges are private.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chargeFee, listCharges, quoteFee } from '@simplebank/contracts';
import { testSubgraph } from '@simplebank/testkit';
import { start } from './main.ts';

const open = () => testSubgraph({ service: 'fees', start });
const usd = (amount: string) => ({ amount, currency: 'USD' });
const ada = { customerId: 'cus-ada', accountIds: ['acc-1001'] };
const grace = { customerId: 'cus-grace', accountIds: ['acc-1003'] };

/** 100 shares sold at 120.00 under the schedule of 2026. */
const sale = {
  executionId: 'exec-1',
  orderId: 'ord-1',
  accountId: 'acc-1001',
  side: 'SELL' as const,
  quantity: '100',
  principal: usd('12000.00'),
  executedAt: '2026-11-22T15:00:00.000Z',
  cap: usd('12000.00'),
};

test('charges commission, SEC fee and trading activity fee, each rounded up to the cent', async () => {
  await using fees = await open();
  // 5 basis points: 6.00; 27.80 a million: 0.3336 up to 0.34; 0.000195 a share: 0.0195 up to 0.02.
  assert.deepEqual(await fees.call(chargeFee, sale), {
    outcome: 'charged',
    total: usd('6.36'),
    scheduleId: '2026-01',
  });
  const { data } = await fees.ask(
    ada,
    `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Order { fees {
      id commission { amount } secFee { amount } tradingActivityFee { amount } total { amount } scheduleId } } } }`,
    { of: [{ __typename: 'Order', id: 'ord-1' }] },
  );
  assert.deepEqual(data, {
    _entities: [
      {
        fees: [
          {
            id: 'exec-1',
            commission: { amount: '6.00' },
            secFee: { amount: '0.34' },
            tradingActivityFee: { amount: '0.02' },
            total: { amount: '6.36' },
            scheduleId: '2026-01',
          },
        ],
      },
    ],
  });
});

test('the same execution is charged once, however often and with whatever cap it is sent', async () => {
  await using fees = await open();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => fees.call(chargeFee, { ...sale, cap: usd(`${index}.00`) })),
  );
  const [first] = answers;
  for (const answer of answers) assert.deepEqual(answer, first);
  const { charges } = await fees.call(listCharges, { afterPosition: 0, first: 100 });
  assert.equal(charges.length, 1);
});

for (const [what, change] of [
  ['order', { orderId: 'ord-2' }],
  ['account', { accountId: 'acc-1003' }],
  ['side', { side: 'BUY' as const }],
  ['quantity', { quantity: '99' }],
  ['principal', { principal: usd('11999.99') }],
] as const) {
  test(`the same execution with another ${what} is refused as CHARGE_ID_REUSED, and the charge stands`, async () => {
    await using fees = await open();
    const charged = await fees.call(chargeFee, sale);
    const refused = await fees.call(chargeFee, { ...sale, ...change });
    assert.ok(refused.outcome === 'rejected');
    assert.equal(refused.rejection.code, 'CHARGE_ID_REUSED');
    assert.deepEqual(await fees.call(chargeFee, sale), charged);
  });
}

test('never charges more than the cap, nor more than a sale brings', async () => {
  await using fees = await open();
  const total = async (change: object) => {
    const answer = await fees.call(chargeFee, { ...sale, ...change });
    assert.ok(answer.outcome === 'charged');
    return answer.total.amount;
  };
  assert.equal(await total({ executionId: 'exec-2', cap: usd('1.00') }), '1.00');
  assert.equal(await total({ executionId: 'exec-3', cap: usd('0.00') }), '0.00');
  assert.equal(await total({ executionId: 'exec-4', quantity: '1', principal: usd('0.01') }), '0.01');
  // A buy pays the commission alone.
  assert.equal(await total({ executionId: 'exec-5', side: 'BUY' }), '6.00');
});

test('charges by the schedule of the day, to the moment', async () => {
  await using fees = await open();
  const scheduleOf = async (executionId: string, executedAt: string) => {
    const answer = await fees.call(chargeFee, { ...sale, executionId, executedAt });
    assert.ok(answer.outcome === 'charged');
    return answer.scheduleId;
  };
  assert.equal(await scheduleOf('exec-old', '2026-01-01T04:59:59.999Z'), '2024-05');
  assert.equal(await scheduleOf('exec-new', '2026-01-01T05:00:00.000Z'), '2026-01');
});

test('a quote estimates a buy in one execution, and tells the rule by which its fees are reserved', async () => {
  await using fees = await open();
  const quote = await fees.call(quoteFee, {
    side: 'BUY',
    quantity: '100',
    principal: usd('12000.00'),
  });
  assert.deepEqual(quote.estimate, usd('6.00'));
  assert.deepEqual(quote.ceilingRule, { basisPoints: 5, perLot: usd('0.01') });
});

test('lists all charges in pages, for the audit', async () => {
  await using fees = await open();
  for (const executionId of ['a', 'b', 'c']) await fees.call(chargeFee, { ...sale, executionId });
  const first = await fees.call(listCharges, { afterPosition: 0, first: 2 });
  const rest = await fees.call(listCharges, { afterPosition: first.charges.at(-1)?.position ?? 0, first: 2 });
  assert.deepEqual(
    [...first.charges, ...rest.charges].map(({ executionId }) => executionId),
    ['a', 'b', 'c'],
  );
});

test("another customer's token sees no charge, neither by itself nor by its order", async () => {
  await using fees = await open();
  await fees.call(chargeFee, sale);
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) {
    ... on FeeCharge { id total { amount } } ... on Order { id fees { id } } } }`;
  const of = [
    { __typename: 'FeeCharge', id: 'exec-1' },
    { __typename: 'FeeCharge', id: 'exec-9' },
    { __typename: 'Order', id: 'ord-1' },
  ];
  for (const [caller, code] of [
    [grace, 'FORBIDDEN'],
    [undefined, 'UNAUTHENTICATED'],
  ] as const) {
    const { data, errors } = await fees.ask(caller, query, { of });
    assert.deepEqual(data, { _entities: [null, null, { id: 'ord-1', fees: null }] });
    assert.deepEqual(
      errors?.map(({ extensions }) => extensions?.code),
      [code, code, code],
    );
  }
});

test('shows the schedule of a day to whoever is signed in', async () => {
  await using fees = await open();
  const query =
    'query ($at: DateTime) { feeSchedule(at: $at) { id commissionBasisPoints tafCap { amount } } }';
  const old = await fees.ask(ada, query, { at: '2025-06-01T00:00:00.000Z' });
  assert.deepEqual(old.data, {
    feeSchedule: { id: '2024-05', commissionBasisPoints: 10, tafCap: { amount: '8.30' } },
  });
  const badMoments = [
    'no day',
    '1999-01-01T00:00:00.000Z',
    20_260_101,
    '-271821-04-20T00:00:00Z',
    '-000001-01-01T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
  ];
  for (const at of badMoments) {
    const { errors } = await fees.ask(ada, query, { at });
    assert.equal(errors?.[0]?.extensions?.code, 'BAD_USER_INPUT', String(at));
  }
  assert.equal((await fees.ask(undefined, query)).errors?.[0]?.extensions?.code, 'UNAUTHENTICATED');
});

test('an id that cannot be one is forbidden, and an order that was never charged has no fees', async () => {
  await using fees = await open();
  await fees.call(chargeFee, sale);
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) {
    ... on FeeCharge { id } ... on Order { fees { id } } } }`;
  for (const id of ['\u0000', 'exec\u0000-1', '', 'x'.repeat(65), null, {}, []]) {
    for (const __typename of ['FeeCharge', 'Order']) {
      const of = [
        { __typename, id },
        { __typename: 'FeeCharge', id: 'exec-1' },
      ];
      const { data, errors } = await fees.ask<{ _entities: unknown[] }>(ada, query, { of });
      assert.deepEqual(
        errors?.map(({ extensions }) => extensions?.code),
        ['FORBIDDEN'],
        `${__typename} ${JSON.stringify(id)}`,
      );
      assert.deepEqual(data?._entities[1], { id: 'exec-1' });
    }
  }
  const unknown = await fees.ask(grace, query, { of: [{ __typename: 'Order', id: 'ord-unknown' }] });
  assert.deepEqual(unknown, { data: { _entities: [{ fees: [] }] } });
});
