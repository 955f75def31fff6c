// Who asks with the token of its mutation never sees what was before it, through whichever BFF; and a mutation that comes a
// hundred times at once is one order.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { placeOrder } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

/** 1,000 at full size. */
const mutations = Number(process.env['CONSISTENCY_MUTATIONS'] ?? 100);
/** At once, each in a line of its own. */
const lines = 4;

let started: StartedBank;
let token: string;
before(async () => {
  started = await startedBank();
  ({ token } = await started.client('barbara'));
});
after(() => started[Symbol.asyncDispose]());

async function post(bff: 'bff-web' | 'bff-mobile', body: object, headers: Record<string, string>) {
  const response = await fetch(`${started.bank.addresses[bff]}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(body),
  });
  return { text: await response.text(), consistency: response.headers.get('x-consistency') };
}

const newest = '{ me { accounts { id orders(first: 20) { nodes { id } } } } }';
const accountId = 'acc-2001';
const order = { accountId, symbol: 'ACME', side: 'BUY', quantity: '1' };
const input = { order };

test('a query with the token of a mutation shows it, at once and through the other BFF', async () => {
  let done = 0;
  await Promise.all(
    Array.from({ length: lines }, async () => {
      while ((done += 1) <= mutations) {
        const key = { 'idempotency-key': crypto.randomUUID() };
        const placed = await post('bff-mobile', { query: placeOrder, variables: { input } }, key);
        assert.match(placed.consistency ?? placed.text, /^orders=\d+$/);
        const { id } = JSON.parse(placed.text).data.placeOrder.order;
        const read = await post('bff-web', { query: newest }, { 'x-consistency': placed.consistency ?? '' });
        assert.ok(read.text.includes(`"${id}"`), `${id} is not in ${read.text}`);
      }
    }),
  );
});

test('a hundred identical mutations at once make one order, and have a hundred equal answers', async () => {
  const before = await newestIds();
  const key = { 'idempotency-key': crypto.randomUUID() };
  const body = { query: placeOrder, variables: { input } };
  const answers = await Promise.all(Array.from({ length: 100 }, () => post('bff-mobile', body, key)));
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  const { id } = JSON.parse(answers[0]?.text ?? '').data.placeOrder.order;
  const made = (await newestIds()).filter((known) => !before.includes(known));
  assert.deepEqual(made, [id]);
});

async function newestIds(): Promise<readonly string[]> {
  const { text } = await post('bff-web', { query: newest }, {});
  const { accounts } = JSON.parse(text).data.me as {
    accounts: { id: string; orders: { nodes: { id: string }[] } }[];
  };
  const account = accounts.find(({ id }) => id === accountId);
  return account?.orders.nodes.map(({ id }) => id) ?? [];
}
