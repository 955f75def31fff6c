// What goes wrong between a client and the bank, and what docs/clients.md has clients do about it: tokens run out under what
// they follow, an answer is lost, the network is cut under what they watch.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { bankClient, until } from '@simplebank/testkit';
import { ask } from './clients/fetch.ts';
import { openStreams } from './clients/graphql-sse.ts';
import { openSocket } from './clients/graphql-ws.ts';
import { follow, type LiveClient } from './clients/live-client.ts';
import { watch, watchAccount, watchQuotes, type AccountState, type Quotes } from './clients/live-states.ts';
import { accountsQuery, placeOrder, sellTen, type Bank, type OrderUpdate } from './clients/operations.ts';
import { passwordSignIn } from './clients/sign-in.ts';
import { cuttableLink } from './cuttable-link.fixture.ts';
import { completed, orderSubscription, place } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { shortLived } from './tokens.fixture.ts';
import { assertWholeStory } from './whole-story.fixture.ts';

/** Of tokens that are to run out while a test looks on. */
const lifeSeconds = 3;
const renewAfterMs = 1_000;

const sell = { accountId: 'acc-2001', symbol: 'ACME', side: 'SELL', quantity: '10' } as const;
/** Far from the market, so that it waits there until it is canceled. */
const workingOrder = { ...sell, type: 'LIMIT', limitPrice: '135.00' } as const;
const cancelOrder = 'mutation ($id: ID!) { cancelOrder(input: { orderId: $id }) { order { id } } }';

let started: StartedBank;
before(async () => {
  started = await startedBank();
});
after(() => started[Symbol.asyncDispose]());

/** Renewed by a ping before it is over; streams begin again with a new token, since they cannot be told of one. */
const liveClients: Readonly<
  Record<string, (bank: Bank) => LiveClient & { dispose(): void | Promise<void> }>
> = {
  'socket of graphql-ws': (bank) => openSocket(bank, renewAfterMs),
  'stream of graphql-sse': (bank) => openStreams(bank),
  'single stream of graphql-sse': (bank) => openStreams(bank, true),
};

describe('a token that runs out', { concurrency: true }, () => {
  for (const [name, open] of Object.entries(liveClients)) {
    test(`is replaced under a ${name}, which follows its order on`, async () => {
      await using link = await cuttableLink(started.bank.addresses['bff-mobile']);
      const customer = await started.client('barbara');
      const short = await shortLived(customer.token, started.dataDir, lifeSeconds);
      const tokens = [short];
      const client = open({ url: link.url, token: async () => tokens.shift() ?? customer.token });
      const { id } = await place(customer, workingOrder);
      const events: OrderUpdate['event'][] = [];
      const followed = follow(client, id, ({ event }) => events.push(event));
      const stale = bankClient({ bffUrl: started.bank.addresses['bff-mobile'], token: short });
      await until(
        'the first token is over',
        async () => (await stale.ask('{ me { name } }')).data?.['me'] == null,
      );
      await customer.data(cancelOrder, { id });
      await followed;
      assertWholeStory(events);
      if (name.startsWith('socket')) assert.equal(link.connections(), 1, 'the socket was never closed');
      await client.dispose();
    });
  }

  test('ends the subscription on a socket where nobody renews it, and says why', async () => {
    const customer = await started.client('barbara');
    const short = await shortLived(customer.token, started.dataDir, lifeSeconds);
    const { id } = await place(customer, workingOrder);
    const following = bankClient({ bffUrl: started.bank.addresses['bff-web'], token: short });
    const codes: unknown[] = [];
    await assert.rejects(
      async () => {
        for await (const { errors } of following.follow(orderSubscription, { id, after: '0' }))
          codes.push(errors);
      },
      (refused: { extensions: { code: string } }[]) => refused[0]?.extensions.code === 'UNAUTHENTICATED',
    );
    await customer.data(cancelOrder, { id });
    await following.close();
  });
});

test('a mutation whose answer was lost is sent again by fetch under its key, and is done once', async () => {
  await using link = await cuttableLink(started.bank.addresses['bff-mobile']);
  const bank = { url: link.url, token: passwordSignIn(started.bank.addresses.identity, 'katherine', 'demo') };
  const { me } = await ask(bank, accountsQuery, {});
  const accountId = me.accounts[0]?.id;
  const key = crypto.randomUUID();
  link.loseAnswer();
  const { placeOrder: placed } = await ask(bank, placeOrder, sellTen(accountId), key);
  const again = await ask(bank, placeOrder, sellTen(accountId), key);
  assert.equal(again.placeOrder.order.id, placed.order.id);
  const customer = await started.client('katherine');
  const { account } = await customer.data<{ account: { orders: { nodes: { id: string }[] } } }>(
    'query ($id: ID!) { account(id: $id) { orders(first: 10) { nodes { id } } } }',
    { id: accountId },
  );
  assert.deepEqual(
    account.orders.nodes.map(({ id }) => id),
    [placed.order.id],
  );
  await completed(customer, placed.order.id);
  const tooMany = sellTen(accountId);
  tooMany.input.order.quantity = '99999999999';
  await assert.rejects(ask(bank, placeOrder, tooMany), { message: 'QUANTITY_TOO_LARGE' });
});

test('a socket that a process lets go comes back when it was told to', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const [toldMs, opened] = [300, [] as number[]];
  const letGo = Promise.withResolvers<void>();
  server.on('connection', (socket) => {
    opened.push(performance.now());
    if (opened.length === 2) letGo.resolve();
    socket.on('message', () => {
      socket.send('{"type":"connection_ack"}');
      if (opened.length === 1) socket.close(1001, `Going away: connect again in ${toldMs} ms and resume`);
    });
  });
  const { port } = server.address() as AddressInfo;
  const client = openSocket({ url: `http://127.0.0.1:${port}`, token: async () => 'any' });
  const leave = watch(client, watchQuotes, { symbols: [] }, () => undefined, letGo.reject);
  await letGo.promise;
  const [first = 0, second = 0] = opened;
  assert.ok(second - first >= toldMs, `after ${second - first} ms`);
  leave();
  await client.dispose();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

for (const [name, open] of Object.entries({ socket: openSocket, stream: openStreams })) {
  test(`an account and quotes are watched over a ${name}, also when it is cut off`, async () => {
    await using link = await cuttableLink(started.bank.addresses['bff-web']);
    const customer = await started.client('katherine');
    const { me } = await customer.data<{ me: { accounts: { id: string }[] } }>('{ me { accounts { id } } }');
    const accountId = me.accounts[0]?.id ?? assert.fail('katherine has an account');
    const client = open({ url: link.url, token: async () => customer.token });
    const states: AccountState[] = [];
    const quotes: Quotes[] = [];
    const refused: unknown[] = [];
    const refuse = (errors: unknown) => refused.push(errors);
    const leave = [
      watch(client, watchAccount, { accountId }, (data) => states.push(data.accountUpdated), refuse),
      watch(client, watchQuotes, { symbols: ['ACME'] }, (data) => quotes.push(data.quotesUpdated), refuse),
    ];
    const shares = (state: AccountState | undefined) =>
      Number(state?.positions?.find(({ symbol }) => symbol === 'ACME')?.quantity);
    await until('both have come', () => states.length > 0 && quotes.length > 0);
    const before = shares(states.at(-1));
    link.cut();
    await place(customer, { ...sell, accountId });
    await until('the shares are sold', () => shares(states.at(-1)) === before - Number(sell.quantity));
    assert.equal(quotes.at(-1)?.instruments[0]?.symbol, 'ACME');
    assert.deepEqual(refused, []);
    for (const leaves of leave) leaves();
    await client.dispose();
  });
}
