// The clients that applications are written with, as they come from npm and as docs/clients.md shows them: each signs in,
// asks, places an order and follows it to its end through each BFF, also when the network is cut in the middle.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as openid from 'openid-client';
import { findRunningBank } from '@simplebank/chassis';
import { bankClient, FormBrowser, until } from '@simplebank/testkit';
import { defaultIssuer } from '../deploy/issuer.ts';
import { tradeByApolloClient } from './clients/apollo-client.ts';
import { openStreams, tradeByStreams } from './clients/graphql-sse.ts';
import { openSocket, tradeBySocket } from './clients/graphql-ws.ts';
import { follow, type LiveClient } from './clients/live-client.ts';
import { beginOpenIdSignIn } from './clients/openid-sign-in.ts';
import type { Bank, OrderUpdate } from './clients/operations.ts';
import { passwordSignIn } from './clients/sign-in.ts';
import { tradeByUrql } from './clients/urql.ts';
import { cuttableLink } from './cuttable-link.fixture.ts';
import { exchangeControl } from './exchange-control.ts';
import { orderSubscription, place } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { shortLived } from './tokens.fixture.ts';
import { wiring } from './wired-bank.fixture.ts';

/** So long an order is at the exchange, so that clients are cut while there is something to come. */
const reportsLateMs = 400;
/** Of tokens that are to run out while a test looks on. */
const lifeSeconds = 3;
const renewAfterMs = 1_000;

const run = promisify(execFile);

/** Far from the market, so that it waits there until it is canceled. */
const workingOrder = {
  accountId: 'acc-2001',
  symbol: 'ACME',
  side: 'SELL',
  quantity: '10',
  type: 'LIMIT',
  limitPrice: '135.00',
} as const;
const cancelOrder = 'mutation ($id: ID!) { cancelOrder(input: { orderId: $id }) { order { id } } }';

let started: StartedBank;
before(async () => {
  started = await startedBank();
  const wiring = await findRunningBank(started.dataDir);
  await exchangeControl(wiring?.exchangeControlUrl ?? '').set({ delayMs: reportsLateMs });
});
after(() => started[Symbol.asyncDispose]());

type Trade = (bank: Bank, onUpdate: (update: OrderUpdate) => void) => Promise<void>;

const clients: Readonly<Record<string, Trade>> = {
  'graphql-ws': tradeBySocket,
  'graphql-sse, a stream for each operation': tradeByStreams,
  'graphql-sse, one stream for all': (bank, onUpdate) => tradeByStreams(bank, onUpdate, true),
  'Apollo Client': tradeByApolloClient,
  'urql over a socket': tradeByUrql,
  'urql over streams': (bank, onUpdate) => tradeByUrql(bank, onUpdate, 'stream'),
};

/** A reserved stream is one process's, and of the bank of many processes bff-web has two, which share a port. */
const served = (name: string, bff: string) =>
  wiring === 'embedded' || bff === 'bff-mobile' || !name.includes('one stream');

for (const bff of ['bff-web', 'bff-mobile'] as const) {
  describe(bff, { concurrency: true }, () => {
    for (const [name, trade] of Object.entries(clients).filter(([name]) => served(name, bff))) {
      test(`${name} signs in, asks, places an order and follows it to its end`, async () => {
        assertWhole(await eventsOf(trade, bff, () => undefined));
      });
      test(`${name} has every event once when it is cut off in the middle`, async () => {
        const cutAfter = 2;
        let [before, after] = [0, 0];
        const events = await eventsOf(trade, bff, (link, seen) => {
          if (seen === cutAfter) {
            before = link.connections();
            link.cut();
          }
          after = link.connections();
        });
        assertWhole(events);
        assert.ok(after > before, 'it came back by another connection');
      });
    }
  });
}

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
      assertWhole(events);
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

test('a customer signs in by the OpenID code flow with openid-client, and trades with its tokens', async () => {
  const { identity } = started.bank.addresses;
  const config = await discovered(identity);
  const { url, finish } = await beginOpenIdSignIn(config);
  const browser = new FormBrowser(() => identity);
  const { left } = await browser.submit(await browser.open(url), { username: 'barbara', password: 'demo' });
  const token = await finish(left ?? assert.fail('the browser is still at identity'));
  const events: OrderUpdate['event'][] = [];
  const bank = { url: started.bank.addresses['bff-mobile'], token };
  await tradeByApolloClient(bank, ({ event }) => events.push(event));
  assertWhole(events);
});

test('a stream that was cut goes on after Last-Event-ID, as curl shows', async () => {
  const { identity } = started.bank.addresses;
  for (const bff of ['bff-web', 'bff-mobile'] as const) {
    const env = { ...process.env, IDENTITY: identity, BFF: started.bank.addresses[bff] };
    const { stdout } = await run('sh', [fileURLToPath(new URL('./clients/curl.sh', import.meta.url))], {
      env,
    });
    const payloads = [...stdout.matchAll(/^data: (\{.*\})$/gm)].map(([, data = '']) => JSON.parse(data));
    assertWhole(payloads.map(({ data }) => data.orderUpdated.event));
    assert.match(stdout, /event: complete/);
  }
});

/** The issuer's name is not where this bank's identity listens. */
function discovered(identity: string): Promise<openid.Configuration> {
  return openid.discovery(new URL(defaultIssuer), 'bff-mobile', undefined, openid.None(), {
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: (asked, options) => {
      const { pathname, search } = new URL(asked);
      return fetch(new URL(`${pathname}${search}`, identity), options as RequestInit);
    },
  });
}

/** The events of an order that a client has sold and followed, from the first to the last. */
async function eventsOf(
  trade: Trade,
  bff: 'bff-web' | 'bff-mobile',
  seen: (link: Awaited<ReturnType<typeof cuttableLink>>, count: number) => void,
): Promise<OrderUpdate['event'][]> {
  await using link = await cuttableLink(started.bank.addresses[bff]);
  const token = passwordSignIn(started.bank.addresses.identity, 'barbara', 'demo');
  const events: OrderUpdate['event'][] = [];
  await trade({ url: link.url, token }, ({ event }) => {
    events.push(event);
    seen(link, events.length);
  });
  return events;
}

function assertWhole(events: readonly OrderUpdate['event'][]): void {
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    events.map((_, index) => index + 1),
  );
  assert.equal(events.at(-1)?.type, 'ORDER_COMPLETED');
}
