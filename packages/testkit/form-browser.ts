// A browser without scripts for tests: keeps cookies by path as browsers do, follows redirects within identity, fills in
// the form of the page it is on, and stops where a redirect leaves for a client.
import assert from 'node:assert/strict';

export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  readonly url: string;
  /** Where the last redirect went when it left identity. */
  readonly left: URL | undefined;
}

/** More would be a circle. */
const mostRedirects = 10;

export class FormBrowser {
  readonly #origin: () => string;
  readonly #cookies = new Map<string, { value: string; path: string }>();
  /** As they were set, with their attributes. */
  readonly setCookies: string[] = [];

  constructor(origin: () => string) {
    this.#origin = origin;
  }

  open(url: string | URL): Promise<Page> {
    return this.#follow(new URL(url));
  }

  /** Submits the page's form, and with it what its hidden fields and the button hold. */
  submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = /<form[^>]* action="([^"]+)"/.exec(page.html)?.[1];
    assert(action !== undefined, `no form on ${page.html}`);
    const hidden = [...page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, value] as const,
    );
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
    return this.#follow(new URL(action, page.url), { method: 'POST', body });
  }

  clearCookies(): void {
    this.#cookies.clear();
  }

  async #follow(start: URL, first: RequestInit = {}): Promise<Page> {
    let url = start;
    let init = first;
    for (let hop = 0; hop < mostRedirects; hop++) {
      // A restarted identity listens elsewhere, and a browser would not notice.
      const here = new URL(`${url.pathname}${url.search}`, this.#origin());
      const headers = { cookie: this.#cookieHeader(here.pathname) };
      const response = await fetch(here, { ...init, headers, redirect: 'manual' });
      this.#keep(response);
      const html = await response.text();
      const location = response.headers.get('location');
      const page = { status: response.status, headers: response.headers, html, url: here.href };
      if (location === null) return { ...page, left: undefined };
      url = new URL(location, here);
      if (!['/openid/', '/.well-known/'].some((path) => url.pathname.startsWith(path)))
        return { ...page, left: url };
      init = {};
    }
    throw new Error(`more than ${mostRedirects} redirects`);
  }

  #cookieHeader(path: string): string {
    return [...this.#cookies]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([key, { value }]) => `${key.split(' ')[0]}=${value}`)
      .join('; ');
  }

  #keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      this.setCookies.push(line);
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split('=');
      const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
      const key = `${name} ${path}`;
      if (value === '') this.#cookies.delete(key);
      else this.#cookies.set(key, { value, path });
    }
  }
}
