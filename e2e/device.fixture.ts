// A telephone: its application signs in by the system's browser with PKCE, as RFC 8252 has it, keeps its refresh token,
// and shows its customer the sessions that last. Requests only, as they go over the wire.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { FormBrowser } from '@simplebank/testkit';

const clientId = 'bff-mobile';
const redirectUri = 'com.simplebank.mobile:/callback';
const scope = 'openid accounts:read orders:read orders:write';

export interface ListedSession {
  readonly id: string;
  readonly device: string;
  readonly current: boolean;
}

export interface Device {
  readonly token: string;
  /** Answers the new access token, or the error that the refresh was refused with. */
  refresh(): Promise<{ readonly token?: string; readonly error?: string }>;
  sessions(): Promise<readonly ListedSession[]>;
  /** Answers the status. */
  revoke(sessionId: string): Promise<number>;
}

export async function signInOnDevice(
  identityUrl: string,
  { username, device }: { readonly username: string; readonly device: string },
): Promise<Device> {
  const verifier = randomBytes(32).toString('base64url');
  const code = await authorize(identityUrl, { username, device, verifier });
  let tokens = await askTokens(identityUrl, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  assert(tokens.access_token !== undefined, `no token: ${tokens.error}`);
  const token = tokens.access_token;
  const ask = (path: string, method = 'GET') =>
    fetch(`${identityUrl}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  return {
    token,
    async refresh() {
      const answer = await askTokens(identityUrl, {
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token ?? '',
      });
      if (answer.access_token === undefined) return { error: answer.error ?? '' };
      tokens = answer;
      return { token: answer.access_token };
    },
    async sessions() {
      return ((await (await ask('/sessions')).json()) as { sessions: ListedSession[] }).sessions;
    },
    revoke: async (sessionId) => (await ask(`/sessions/${sessionId}`, 'DELETE')).status,
  };
}

interface TokenAnswer {
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly error?: string;
}

async function askTokens(identityUrl: string, parameters: Record<string, string>): Promise<TokenAnswer> {
  const body = new URLSearchParams({ client_id: clientId, ...parameters });
  return (await (await fetch(`${identityUrl}/openid/token`, { method: 'POST', body })).json()) as TokenAnswer;
}

/** What the browser does, from the application's request to the redirect back to it with a code. */
async function authorize(
  identityUrl: string,
  given: { readonly username: string; readonly device: string; readonly verifier: string },
): Promise<string> {
  const browser = new FormBrowser(() => identityUrl);
  const url = new URL('/openid/authorize', identityUrl);
  url.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    device_name: given.device,
    code_challenge: createHash('sha256').update(given.verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const form = await browser.open(url);
  const { left } = await browser.submit(form, { username: given.username, password: 'demo' });
  const code = left?.searchParams.get('code');
  assert(code != null, `no code: ${left}`);
  return code;
}
