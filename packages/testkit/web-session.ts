// Signs in at the web BFF as a browser does: follows the redirects to the OpenID provider, fills in its form, and keeps the
// cookies, which a port does not tell apart (RFC 6265, section 8.5).
import assert from 'node:assert/strict';

/** More would be a circle. */
const mostSteps = 12;
const requestTimeoutMs = 15_000;
const sessionCookie = '__Host-session';

/** The session's cookie, as a browser sends it. */
export async function webSession(given: {
  readonly bffUrl: string;
  readonly username: string;
  readonly password?: string;
}): Promise<string> {
  const { bffUrl, username, password = 'demo' } = given;
  const cookies = new Map<string, string>();
  let url = new URL('/session/login', bffUrl);
  let form: URLSearchParams | undefined;
  for (let step = 0; step < mostSteps; step += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    keep(cookies, response);
    const html = await response.text();
    const session = cookies.get(sessionCookie);
    if (session !== undefined) return `${sessionCookie}=${session}`;
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
    const location = response.headers.get('location') ?? action;
    assert(location !== undefined, `${username} is not signed in: ${response.status} ${html}`);
    assert(form === undefined || action === undefined, `the form is shown again: ${html}`);
    form = action === undefined ? undefined : new URLSearchParams({ username, password });
    url = new URL(location, url);
  }
  throw new Error(`${username} is not signed in after ${mostSteps} steps`);
}

function keep(cookies: Map<string, string>, { headers }: Response): void {
  for (const line of headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    const separator = pair.indexOf('=');
    const value = pair.slice(separator + 1);
    if (value === '') cookies.delete(pair.slice(0, separator));
    else cookies.set(pair.slice(0, separator), value);
  }
}
