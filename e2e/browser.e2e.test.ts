// A real browser at the web BFF: it signs in on the OpenID provider's pages, holds a cookie that no script reads, asks and
// follows an order live, is refused what pages of other origins make it send, and is signed out everywhere at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { chromiumMissing, until } from '@simplebank/testkit';
import { inPage, openBrowser, type OpenedBrowser } from './browser.fixture.ts';
import { orderSubscription, placeOrder } from './orders.ts';
import { openStranger, type Stranger } from './stranger.fixture.ts';

const skip = chromiumMissing;
/** From the answer to the logout to the end of the last socket. */
const endsWithinMs = 1_000;
/** Two replicas may share the address; so many new connections reach both. */
const replays = 20;

let opened: OpenedBrowser;
let stranger: Stranger;
before(async () => {
  if (skip !== false) return;
  opened = await openBrowser();
  stranger = await openStranger();
});
after(async () => {
  await stranger?.[Symbol.asyncDispose]();
  await opened?.[Symbol.asyncDispose]();
});

/** A browser of its own, signed in by the provider's pages. */
async function signedIn(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await opened.visitor();
  const page = await context.newPage();
  await page.goto(opened.origin);
  await page.getByText('You are not signed in.').waitFor();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Password').fill('demo');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('You are signed in as cus-ada.').waitFor();
  return { context, page };
}

async function sessionCookie(context: BrowserContext) {
  return (await context.cookies()).find(({ name }) => name.endsWith('session') && name.startsWith('__Host-'));
}

const ask = (page: Page, query: string, variables: object = {}) =>
  inPage<{ status: number; text: string }>(page, 'ask', { query, variables, key: crypto.randomUUID() });
const follow = (page: Page, query: string, variables: object) =>
  inPage<void>(page, 'follow', { query, variables });
/** What came on the page's socket so far, and the code that it was closed with. */
const socketOf = (page: Page) => page.evaluate<{ text: string; closed?: number }>('inPage.socket');

test(
  "signs in on the provider's pages and gets a cookie that no script reads and no other host sets",
  { skip },
  async () => {
    const { context, page } = await signedIn();
    assert.equal(new URL(page.url()).origin, opened.origin);
    const cookie = await sessionCookie(context);
    const { hostname } = new URL(opened.origin);
    assert.deepEqual(
      { ...cookie, value: cookie?.value.length, partitionKey: undefined },
      {
        name: '__Host-session',
        value: 43,
        // Without a dot in front: of this host only, as there was no Domain.
        domain: hostname,
        path: '/',
        expires: -1,
        httpOnly: true,
        secure: true,
        sameSite: 'Strict',
        partitionKey: undefined,
      },
    );
    assert.equal(
      (await context.cookies()).some(({ name }) => name === '__Host-sign-in'),
      false,
    );
    assert.deepEqual(await inPage(page, 'found'), ['', 0, 0]);
    assert.deepEqual(opened.complaints(), [], 'the policy keeps nothing out that the page needs');
    await context.close();
  },
);

test('asks by fetch and follows an order live over a socket, without a token', { skip }, async () => {
  const { context, page } = await signedIn();
  const me = await ask(page, '{ me { name } }');
  assert.deepEqual([me.status, me.text], [200, '{"data":{"me":{"name":"Ada Lovelace"}}}']);
  const placed = await ask(page, placeOrder, {
    input: {
      clientOrderId: crypto.randomUUID(),
      order: { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '10' },
    },
  });
  const { data } = JSON.parse(placed.text) as { data: { placeOrder: { order: { id: string } } } };
  await follow(page, orderSubscription, { id: data.placeOrder.order.id, after: '0' });
  await until("the order's end arrives", async () => /"outcome":"FILLED"/.test((await socketOf(page)).text));
  const { text } = await socketOf(page);
  assert.match(text, /ORDER_CREATED.*ORDER_COMPLETED.*"type":"complete"/s);
  await context.close();
});

for (const host of ['localhost', '127.0.0.1'] as const) {
  const kind = host === 'localhost' ? 'another site' : 'another origin of the same site';
  test(`what a page of ${kind} makes it send is refused, and ends or changes nothing`, { skip }, async () => {
    const { context, page } = await signedIn();
    const attack = await stranger.visit(context, host, opened.origin);
    const seen = await attack.run();
    // The stricter case: there the browser does send the cookie, and the BFF alone refuses.
    assert.equal(seen.cookieSent, host === '127.0.0.1');
    assert.deepEqual(seen.readable, [], 'nothing was read');
    assert.deepEqual(seen.refusedForms, { '/graphql': 403, '/session/logout': 403 });
    assert.deepEqual(seen.refusedFetches, ['OPTIONS 403', 'POST 403', 'POST not sent']);
    assert.deepEqual(seen.socket, { opened: false });
    assert.equal((await ask(page, '{ me { id } }')).status, 200, 'still signed in');
    await context.close();
  });
}

test(
  'logout ends the session everywhere: cookie, replayed cookie, sockets, and the sign-in at the provider',
  { skip },
  async () => {
    const other = await signedIn();
    const { context, page } = await signedIn();
    const cookie = await sessionCookie(context);
    const second = await context.newPage();
    await second.goto(opened.origin);
    await second.getByText('You are signed in').waitFor();
    const accounts = 'subscription { accountUpdated(accountId: "acc-1001") { id } }';
    for (const each of [second, other.page]) {
      await follow(each, accounts, {});
      await until('the account arrives', async () => (await socketOf(each)).text.includes('acc-1001'));
    }
    const answered = page.waitForResponse((response) => response.url().endsWith('/session/logout'));
    await page.getByRole('button', { name: 'Sign out' }).click();
    assert.equal((await answered).status(), 200);
    const endedAt = performance.now();
    await until(
      'the socket of the other tab is closed',
      async () => (await socketOf(second)).closed === 4403,
    );
    assert(performance.now() - endedAt < endsWithinMs, `it took ${performance.now() - endedAt} ms`);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are not signed in.').waitFor();
    assert.equal(await sessionCookie(context), undefined);
    assert.equal((await ask(second, '{ me { id } }')).text.includes('"id"'), false);
    for (let replay = 0; replay < replays; replay += 1) {
      const replayed = await fetch(`${opened.origin}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-csrf': '1',
          connection: 'close',
          cookie: `${cookie?.name}=${cookie?.value}`,
        },
        body: '{"query":"{ me { id } }"}',
      });
      assert.equal(replayed.status, 401);
      await replayed.text();
    }
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Password').waitFor();

    assert.equal((await ask(other.page, '{ me { id } }')).status, 200, 'another browser stays signed in');
    assert.equal((await socketOf(other.page)).closed, undefined);
    await Promise.all([context.close(), other.context.close()]);
  },
);
