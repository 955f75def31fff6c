// A whole bank whose web BFF is where its settings say, and a real Chromium before it.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { chromiumPath } from '@simplebank/testkit';
import { startedBank } from './started-bank.fixture.ts';

const inPageFile = fileURLToPath(new URL('./in-page.js', import.meta.url));

export interface OpenedBrowser extends AsyncDisposable {
  /** A browser of its own as far as cookies go. */
  visitor(): Promise<BrowserContext>;
  /** Of the web BFF. */
  readonly origin: string;
  /** What pages were kept from by their policy. */
  complaints(): readonly string[];
}

export async function openBrowser(): Promise<OpenedBrowser> {
  await using started = new AsyncDisposableStack();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  started.use(await startedBank({ PORT_BFF_WEB: String(port), BFF_WEB_ORIGIN: origin }));
  // Chromium's own walls need another user than root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath: chromiumPath(), args });
  started.defer(() => browser.close());
  const complaints: string[] = [];
  const whole = started.move();
  return {
    async visitor() {
      const context = await browser.newContext();
      await context.addInitScript({ path: inPageFile });
      context.on('console', (message) => {
        if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text());
      });
      return context;
    },
    origin,
    complaints: () => complaints,
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

/** A function of in-page.js, run there. */
export function inPage<Answer>(page: Page, name: string, argument?: unknown): Promise<Answer> {
  return page.evaluate<Answer>(`inPage.${name}(${JSON.stringify(argument)})`);
}

/** The provider has to know where it may send browsers back to, before anything listens there. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
