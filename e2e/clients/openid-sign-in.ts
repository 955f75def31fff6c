// The OpenID code flow with PKCE by openid-client, as the mobile application signs in: the customer gives the password to
// identity only. The refresh token is exchanged for a new one each time, and must never be used twice.
import * as openid from 'openid-client';

const redirectUri = 'com.simplebank.mobile:/callback';
const scope = 'openid accounts:read orders:read orders:write';
/** A token that ends sooner is replaced. */
const goodForMs = 60_000;

export interface SignInBegun {
  /** To be opened in the system's browser. */
  readonly url: URL;
  /** With the address to which the browser was sent back. */
  finish(callback: URL): Promise<() => Promise<string>>;
}

export async function beginOpenIdSignIn(
  config: openid.Configuration,
  renewBeforeMs = goodForMs,
): Promise<SignInBegun> {
  const verifier = openid.randomPKCECodeVerifier();
  const state = openid.randomState();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    // What the customer sees in the list of sessions.
    device_name: 'An example',
  });
  const finish = async (callback: URL) => {
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const tokens = await openid.authorizationCodeGrant(config, callback, checks);
    return refreshed(config, tokens, renewBeforeMs);
  };
  return { url, finish };
}

/** Those who ask at the same time share one exchange. */
function refreshed(
  config: openid.Configuration,
  first: openid.TokenEndpointResponse,
  renewBeforeMs: number,
): () => Promise<string> {
  const held = ({ access_token, refresh_token = '', expires_in = 0 }: openid.TokenEndpointResponse) => ({
    access_token,
    refresh_token,
    endsAt: Date.now() + expires_in * 1000,
  });
  let current = Promise.resolve(held(first));
  return async () => {
    current = current.then(async (tokens) => {
      if (Date.now() < tokens.endsAt - renewBeforeMs) return tokens;
      return held(await openid.refreshTokenGrant(config, tokens.refresh_token));
    });
    return (await current).access_token;
  };
}
