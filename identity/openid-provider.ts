// The OpenID provider's configuration: authorization code with PKCE, rotating refresh tokens, and access tokens with the
// claims of those of `POST /token`. It holds nothing of its own: keys are in the data folder, records in Postgres.
import { createHmac } from 'node:crypto';
import {
  errors,
  Provider,
  type AccessToken,
  type Account,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import {
  accessTokenAlgorithm,
  accessTokenAudience,
  DeadlineExceeded,
  ServiceUnavailable,
  type Logger,
} from '@simplebank/chassis';
import { scopes } from '@simplebank/contracts';
import type { Customers } from './customers.ts';
import { checkDeviceName, deviceOf } from './device-name.ts';
import { mobileClientId, openIdClients, type OpenIdClientSettings } from './openid-clients.ts';
import { errorPage, logoutPage, loggedOutPage } from './pages.ts';
import type { OpenIdStore } from './openid-store.ts';
import type { Sessions } from './sessions.ts';
import type { KeySet } from './signing-keys.ts';
import { tokenLifetimeSeconds } from './token-routes.ts';

/** RFC 6749, section 4.1.2: ten minutes at most; a client's redirect takes seconds. */
const codeLifetimeSeconds = 60;
/** A person finds a password in this time, or starts again. */
const interactionLifetimeSeconds = 600;
/**
 * From a browser's last sign-in with any client. What the web client holds ends with it, so that it is longer than the
 * sessions of the web BFF, which last 12 h at most; by `max_age` that asks for a password when one was given too long ago.
 */
const sessionLifetimeSeconds = 13 * 3_600;
/** A telephone that has not been opened for so long signs in again. */
const refreshTokenLifetimeSeconds = 14 * 86_400;
/** However often its tokens are refreshed, a sign-in is over after this. */
const grantLifetimeSeconds = 90 * 86_400;
const idTokenLifetimeSeconds = 300;
/** Of two machines' clocks; the tokens themselves live 300 s. */
const clockToleranceSeconds = 5;
/** Of a part of the bank that does not answer; most are back by then. */
const retryAfterSeconds = 1;

/** RFC 8707: the one API that tokens are for. A client need not name it. */
const bankResource = 'urn:simplebank:api';
const openIdScopes = ['openid', 'offline_access'];

export const openIdRoutes = {
  authorization: '/openid/authorize',
  token: '/openid/token',
  revocation: '/openid/revoke',
  end_session: '/openid/logout',
  jwks: '/.well-known/jwks.json',
};
export const interactionPath = '/openid/sign-in';

export interface OpenIdOptions {
  readonly issuer: string;
  readonly clients: OpenIdClientSettings;
  readonly store: OpenIdStore;
  readonly sessions: Sessions;
  readonly customers: Customers;
  readonly log: Logger;
  /** A proxy before it ends TLS and says by X-Forwarded-* how the browser asked. */
  readonly behindProxy: boolean;
}

/** Cheap enough to be made anew when the keys change. */
export function openIdProvider(keys: KeySet, options: OpenIdOptions): Provider {
  const provider = new Provider(options.issuer, configuration(keys, options));
  provider.proxy = options.behindProxy;
  const logFault = (_ctx: unknown, fault: Error) => options.log.error({ err: fault }, 'sign-in failed');
  provider.on('server_error', logFault);
  return provider;
}

function configuration(keys: KeySet, options: OpenIdOptions): Configuration {
  const { clients, store, sessions } = options;
  return {
    adapter: (kind) => store.adapter(kind),
    clients: openIdClients(clients),
    clientDefaults: { id_token_signed_response_alg: accessTokenAlgorithm },
    clockTolerance: clockToleranceSeconds,
    cookies: { keys: cookieKeys(keys) },
    enabledJWA: { idTokenSigningAlgValues: [accessTokenAlgorithm] },
    extraParams: { device_name: checkDeviceName },
    extraTokenClaims: async (ctx, token) =>
      token.kind === 'AccessToken' ? claimsOf(token, ctx.oidc.account, sessions) : undefined,
    features: features(),
    findAccount: async (ctx, customerId, source) => accountOf(ctx, customerId, source?.kind, options),
    interactions: { url: (_ctx, { uid }) => `${interactionPath}/${uid}` },
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // The web client's tokens end with the browser's session; a telephone keeps its own until it revokes them.
    expiresWithSession: async (_ctx, { clientId }) => clientId !== mobileClientId,
    // The provider takes the first that fits for signing; all of them verify.
    jwks: { keys: signingFirst(keys).map(({ privateJwk }) => privateJwk) as object[] },
    loadExistingGrant: (ctx) => grantToOwnClient(ctx, sessions),
    pkce: { required: () => true },
    renderError: async (ctx, out) => void (ctx.body = errorPage(out)),
    responseTypes: ['code'],
    rotateRefreshToken: true,
    routes: openIdRoutes,
    scopes: openIdScopes,
    ttl: {
      AccessToken: tokenLifetimeSeconds,
      AuthorizationCode: codeLifetimeSeconds,
      Grant: grantLifetimeSeconds,
      IdToken: idTokenLifetimeSeconds,
      Interaction: interactionLifetimeSeconds,
      RefreshToken: refreshTokenLifetimeSeconds,
      Session: sessionLifetimeSeconds,
    },
  };
}

function features(): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    // Access tokens are for the bank; who somebody is stands in the ID token.
    userinfo: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => void (ctx.body = logoutPage(form)),
      postLogoutSuccessSource: async (ctx) => void (ctx.body = loggedOutPage()),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => bankResource,
      useGrantedResource: async () => true,
      getResourceServerInfo: async () => ({
        scope: scopes.join(' '),
        audience: accessTokenAudience,
        accessTokenTTL: tokenLifetimeSeconds,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: accessTokenAlgorithm } },
      }),
    },
  };
}

/** Both clients are the bank's own: who signs in with one has agreed to what it asks for. */
async function grantToOwnClient(ctx: KoaContextWithOIDC, sessions: Sessions) {
  const { client, session, provider } = ctx.oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const known = session.grantIdFor(client.clientId);
  const isOver = known === undefined || (await sessions.hasEnded(known));
  const found = isOver ? undefined : await provider.Grant.find(known);
  const grant = found ?? new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(openIdScopes.join(' '));
  grant.addResourceScope(bankResource, scopes.join(' '));
  const id = await grant.save();
  const { clientId } = client;
  await sessions.begin({ id, customerId: session.accountId, clientId, device: deviceOf(ctx) });
  return grant;
}

/**
 * `source`: the kind of what tokens are wanted for, if any are; then it has the accounts that they name. The provider looks
 * for the account of a refresh token before it uses the token up, so that one whose refresh fails here is good for another.
 */
async function accountOf(
  ctx: KoaContextWithOIDC,
  customerId: string,
  source: string | undefined,
  { customers, log }: OpenIdOptions,
): Promise<Account> {
  // An ID token says who signed in and nothing more.
  const account = { accountId: customerId, claims: () => ({ sub: customerId }) };
  if (source === undefined) return account;
  try {
    return { ...account, accounts: await customers.accountsOf(customerId) };
  } catch (fault) {
    const isOutage = fault instanceof ServiceUnavailable || fault instanceof DeadlineExceeded;
    // A code is used up by now, and its client has to begin again.
    if (!isOutage || source !== 'RefreshToken') throw fault;
    log.warn({ err: fault }, 'a token was not given, because the accounts are not known');
    ctx.set('retry-after', String(retryAfterSeconds));
    throw new TryAgain(503, 'temporarily_unavailable', { cause: fault });
  }
}

/** The provider tells clients of no error from 500 on what it is, unless it is exposed. */
class TryAgain extends errors.OIDCProviderError {
  override expose = true;
  override error_description = 'a part of the bank does not answer; try again with the same token';
}

/** Besides the accounts, the session: by it tokens that live are refused after its end (packages/contracts/session-events.ts). */
async function claimsOf(token: AccessToken, account: Account | undefined, sessions: Sessions) {
  const { accountId: customerId, clientId = '', grantId } = token;
  // A request that was under way when the session ended gets none.
  if (grantId === undefined || !(await sessions.use({ id: grantId, customerId, clientId })))
    throw new errors.InvalidGrant('the session has ended');
  if (account?.['accounts'] === undefined)
    throw new Error('the account of a token was looked up without its accounts');
  return { accounts: account['accounts'], sid: grantId };
}

function signingFirst({ signing, published }: KeySet) {
  return [signing, ...published.filter(({ id }) => id !== signing.id).toReversed()];
}

/** Derived from the signing keys, so that all replicas have them, and an old one is taken as long as its key is. */
function cookieKeys(keys: KeySet): string[] {
  return signingFirst(keys).map(({ privateJwk }) =>
    createHmac('sha256', privateJwk.d ?? '')
      .update('cookies of the OpenID provider')
      .digest('base64url'),
  );
}
