// Somebody else's web site, whose page makes a visitor's browser send what it should not: forms, fetches and a socket to the
// bank. It listens on the loopback, so that as `localhost` it is another site, and as 127.0.0.1 the bank's own site from
// another origin, where the browser sends the bank's cookies along.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { inPage } from './browser.fixture.ts';

export interface SeenByStranger {
  /** Whether the browser sent the bank's cookie along with any of it. */
  readonly cookieSent: boolean;
  /** What the stranger's page could read of the answers. */
  readonly readable: readonly string[];
  /** Status by path. */
  readonly refusedForms: Readonly<Record<string, number>>;
  /** Of the fetches that reached the bank. */
  readonly refusedFetches: readonly string[];
  readonly socket: { readonly opened: boolean };
}

export interface Stranger extends AsyncDisposable {
  /** A page of the stranger in this browser. */
  visit(context: BrowserContext, host: string, target: string): Promise<{ run(): Promise<SeenByStranger> }>;
}

export async function openStranger(): Promise<Stranger> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Win a prize</title>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async visit(context, host, target) {
      const url = `http://${host}:${port}/`;
      return { run: () => attack(context, url, target) };
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function attack(context: BrowserContext, url: string, target: string): Promise<SeenByStranger> {
  const page = await context.newPage();
  let cookieSent = false;
  page.on('request', async (request) => {
    if (!request.url().startsWith(target)) return;
    const headers = await request.allHeaders().catch(() => ({}) as Record<string, string>);
    if (headers['cookie']?.includes('__Host-session') === true) cookieSent = true;
  });
  const fetched = await statusesOf(context, page, target);
  await page.goto(url);
  const readable = await inPage<string[]>(page, 'stealByFetch', target);
  const socket = await inPage<{ opened: boolean }>(page, 'stealBySocket', target);
  const refusedFetches = fetched();
  const refusedForms: Record<string, number> = {};
  for (const path of ['/graphql', '/session/logout']) {
    await page.goto(url);
    refusedForms[path] = await submitForm(page, `${target}${path}`);
  }
  await page.close();
  return {
    cookieSent,
    readable,
    refusedForms,
    refusedFetches,
    socket,
  };
}

/** What the bank answered, as `method status`; also where the browser keeps the answer from the page. */
async function statusesOf(context: BrowserContext, page: Page, target: string): Promise<() => string[]> {
  const asked = new Map<string, string>();
  const answered = new Map<string, number>();
  const network = await context.newCDPSession(page);
  network.on('Network.requestWillBeSent', ({ requestId, request: { url, method } }) => {
    if (url.startsWith(target)) asked.set(requestId, method);
  });
  network.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    answered.set(requestId, statusCode);
  });
  await network.send('Network.enable');
  return () => [...asked].map(([id, method]) => `${method} ${answered.get(id) ?? 'not sent'}`).toSorted();
}

/** A form needs no script's rights: the browser goes where it is sent. Its status. */
async function submitForm(page: Page, action: string): Promise<number> {
  const arrived = page.waitForURL(action);
  const answered = page.waitForResponse((response) => response.url() === action);
  await inPage(page, 'submitForm', action);
  await arrived;
  return (await answered).status();
}
