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
import { tradeByStreams } from './clients/graphql-sse.ts';
import { tradeBySocket } from './clients/graphql-ws.ts';
import { beginOpenIdSignIn } from './clients/openid-sign-in.ts';
import type { Bank, OrderUpdate } from './clients/operations.ts';
import { passwordSignIn } from './clients/sign-in.ts';
import { listSessions, revokeSession } from './clients/sessions.ts';
import { tradeByUrql } from './clients/urql.ts';
import { cuttableLink } from './cuttable-link.fixture.ts';
import { exchangeControl } from './exchange-control.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { assertWholeStory } from './whole-story.fixture.ts';
import { wiring } from './wired-bank.fixture.ts';

/** So long an order is at the exchange, so that clients are cut while there is something to come. */
const reportsLateMs = 400;
/** Longer than any token lives. */
const renewedAtEachUseMs = 3_600_000;

const run = promisify(execFile);

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
        assertWholeStory(await eventsOf(trade, bff, () => undefined));
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
        assertWholeStory(events);
        assert.ok(after > before, 'it came back by another connection');
      });
    }
  });
}

test('a customer signs in by the OpenID code flow with openid-client, and trades with its tokens', async () => {
  const { identity } = started.bank.addresses;
  const config = await discovered(identity);
  const { url, finish } = await beginOpenIdSignIn(config, renewedAtEachUseMs);
  const browser = new FormBrowser(() => identity);
  const { left } = await browser.submit(await browser.open(url), { username: 'barbara', password: 'demo' });
  const token = await finish(left ?? assert.fail('the browser is still at identity'));
  const events: OrderUpdate['event'][] = [];
  const bank = { url: started.bank.addresses['bff-mobile'], token };
  await tradeByApolloClient(bank, ({ event }) => events.push(event));
  assertWholeStory(events);
  const [one, other] = await Promise.all([token(), token()]);
  assert.notEqual(one, other, 'each was got by a refresh token of its own');

  const current = (await listSessions(identity, one)).find((session) => session.current);
  assert.equal(current?.device, 'An example');
  await revokeSession(identity, one, current.id);
  const stale = bankClient({ bffUrl: bank.url, token: one });
  await until('the mobile BFF has heard of it', async () => {
    const { errors } = await stale.ask('{ me { name } }');
    return errors?.[0]?.extensions?.code === 'SESSION_ENDED';
  });
  await assert.rejects(listSessions(identity, one), { message: 'SESSION_ENDED' });
});

test('a stream that was cut goes on after Last-Event-ID, as curl shows', async () => {
  const { identity } = started.bank.addresses;
  for (const bff of ['bff-web', 'bff-mobile'] as const) {
    const env = { ...process.env, IDENTITY: identity, BFF: started.bank.addresses[bff] };
    const { stdout } = await run('sh', [fileURLToPath(new URL('./clients/curl.sh', import.meta.url))], {
      env,
    });
    const payloads = [...stdout.matchAll(/^data: (\{.*\})$/gm)].map(([, data = '']) => JSON.parse(data));
    assertWholeStory(payloads.map(({ data }) => data.orderUpdated.event));
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
