// The web BFF as an OpenID client (openid-client): authorization code with PKCE, refresh, revocation, logout. The provider
// is asked the way of all calls within the bank; a browser may know it by another address.
import * as openid from 'openid-client';
import {
  backgroundContext,
  DeadlineExceeded,
  runInContext,
  ServiceUnavailable,
  type ReplicaCalls,
} from '@simplebank/chassis';
import { idleSeconds } from './session-store.ts';

const clientId = 'bff-web';
const scope = 'openid accounts:read orders:read orders:write';
/** Within it the provider answers, or the session's tokens stay as they are. */
const longestCallMs = 3_000;
/** Of a refresh with the metadata at hand: the token's call, and the keys' when it brings an ID token. */
export const longestRefreshMs = 2 * longestCallMs;
/** The provider's endpoints are looked up again after this time. */
const metadataMs = 300_000;
/** For a provider that does not say how long its access tokens live; OAuth 2.0 only recommends it. */
const defaultTokenSeconds = 60;

/** What the answer to a sign-in is held against. */
export interface SignInChecks {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  readonly expiresAtMs: number;
}

/** The provider said no: the code or the refresh token is not, or no longer, good for anything. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
}

export interface OpenIdSignInOptions {
  readonly issuer: string;
  readonly secret: string;
  /** Where this BFF is for browsers. */
  readonly origin: string;
  /** Where the provider is for browsers, if not where this process finds it. */
  readonly providerOrigin: string | undefined;
  readonly calls: ReplicaCalls;
}

export type OpenIdSignIn = ReturnType<typeof createOpenIdSignIn>;

/** All of it throws ServiceUnavailable or DeadlineExceeded when the provider does not answer. */
export function createOpenIdSignIn(options: OpenIdSignInOptions) {
  const { origin } = options;
  const configuration = lookedUp(options);
  const seen = (url: URL) => seenByBrowsers(url, options.providerOrigin);
  return {
    /** Where to send the browser. */
    async begin(): Promise<{ url: string; checks: SignInChecks }> {
      const verifier = openid.randomPKCECodeVerifier();
      const [state, nonce] = [openid.randomState(), openid.randomNonce()];
      const url = openid.buildAuthorizationUrl(await configuration(), {
        redirect_uri: `${origin}/session/callback`,
        scope,
        // Else the provider's own session, which lasts longer, would let in again whose session here ended.
        max_age: String(idleSeconds),
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { url: seen(url), checks: { verifier, state, nonce } };
    },
    /** `search`: what the browser was sent back with. Throws SignInRefused. */
    async finish(search: string, { verifier, state, nonce }: SignInChecks) {
      const config = await configuration();
      const checks = {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        maxAge: idleSeconds,
        idTokenExpected: true,
      };
      const url = new URL(`/session/callback${search}`, origin);
      const answer = await asked(() => openid.authorizationCodeGrant(config, url, checks), refusesSignIn);
      return { customerId: answer.claims()?.sub ?? '', tokens: tokensOf(answer) };
    },
    /** The provider's metadata are at hand, so that what follows at once takes no call more. */
    async prepare(): Promise<void> {
      await configuration();
    },
    /** Throws SignInRefused when the sign-in has ended at the provider. Takes `longestRefreshMs` once prepared. */
    async refresh(refreshToken: string): Promise<Tokens> {
      const config = await configuration();
      const answer = await asked(() => openid.refreshTokenGrant(config, refreshToken));
      return tokensOf({ ...answer, refresh_token: answer.refresh_token ?? refreshToken });
    },
    /** Ends the sign-in at the provider. */
    async revoke(refreshToken: string): Promise<void> {
      const config = await configuration();
      const hint = { token_type_hint: 'refresh_token' };
      await asked(() => openid.tokenRevocation(config, refreshToken, hint));
    },
    /**
     * OpenID RP-Initiated Logout: where the browser's own session at the provider ends. It names the client and no ID
     * token, since no token reaches the browser.
     */
    async logoutUrl(): Promise<string> {
      const parameters = { client_id: clientId, post_logout_redirect_uri: `${origin}/` };
      return seen(openid.buildEndSessionUrl(await configuration(), parameters));
    },
  };
}

/** The provider's metadata, kept for a while; of several that want it at once one asks. */
function lookedUp({ issuer, secret, calls }: OpenIdSignInOptions): () => Promise<openid.Configuration> {
  const reach: openid.CustomFetch = async (url, { method, headers, body }) => {
    const { pathname, search } = new URL(url);
    const { status, contentType, text } = await calls.send('identity', `${pathname}${search}`, {
      ...(method === 'POST' ? { body: String(body) } : {}),
      contentType: headers['content-type'],
      authorization: headers['authorization'],
      accept: headers['accept'],
      longestMs: longestCallMs,
      isRepeatable: () => method === 'GET',
    });
    return new Response(text === '' ? null : text, { status, headers: { 'content-type': contentType } });
  };
  const lookUp = () =>
    asked(() =>
      openid.discovery(new URL(issuer), clientId, undefined, openid.ClientSecretBasic(secret), {
        // Within the bank calls are not encrypted, so that an ID token's signature is checked also where TLS would do.
        execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks],
        [openid.customFetch]: reach,
      }),
    );
  let known: { config: Promise<openid.Configuration>; untilMs: number } | undefined;
  return () => {
    if (known !== undefined && known.untilMs > performance.now()) return known.config;
    const config = runInContext(backgroundContext({}), lookUp);
    const looked = { config, untilMs: performance.now() + metadataMs };
    known = looked;
    config.catch(() => {
      if (known === looked) known = undefined;
    });
    return config;
  };
}

function seenByBrowsers(url: URL, providerOrigin: string | undefined): string {
  return providerOrigin === undefined
    ? url.href
    : new URL(`${url.pathname}${url.search}`, providerOrigin).href;
}

function tokensOf(answer: {
  access_token: string;
  refresh_token?: string | undefined;
  expires_in?: number | undefined;
}): Tokens {
  const { access_token: access, refresh_token: refresh, expires_in: seconds = defaultTokenSeconds } = answer;
  if (refresh === undefined) throw new Error('the OpenID provider gives the web client no refresh token');
  return { access, refresh, expiresAtMs: Date.now() + seconds * 1_000 };
}

async function asked<Answer>(ask: () => Promise<Answer>, isRefusal = refusesGrant): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof ServiceUnavailable || cause instanceof DeadlineExceeded) throw cause;
    }
    if (isRefusal(error)) throw new SignInRefused('the sign-in is refused', { cause: error });
    throw new ServiceUnavailable('identity', error);
  }
}

function refusesGrant(error: unknown): boolean {
  return error instanceof openid.ResponseBodyError && error.error === 'invalid_grant';
}

/** What is no answer at all, as from a provider that is just starting. */
const noAnswer: readonly unknown[] = ['OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'];

/** By the provider, or because what came back with the browser is not the answer to our question. */
function refusesSignIn(error: unknown): boolean {
  if (error instanceof openid.ClientError) return !noAnswer.includes(error.code);
  return refusesGrant(error) || error instanceof openid.AuthorizationResponseError;
}
