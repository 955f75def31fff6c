// An OpenID provider that a test scripts: it checks codes, PKCE and client as a real one does, rotates refresh tokens and
// ends the sign-in when one is used twice; and it refuses or does not answer when it is told so.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { answerJson, testIdentity, testPeer } from '@simplebank/testkit';

export async function scriptedProvider() {
  await using started = new AsyncDisposableStack();
  const identity = started.use(await testIdentity());
  const clientSecret = randomBytes(32).toString('hex');
  const codes = new Map<string, { nonce: string; challenge: string }>();
  const script = {
    isGone: false,
    tokenSeconds: 300,
    idTokenClaims: {},
    accessTokenClaims: {},
    /** Waits before it answers what is asked at a path. */
    before: async (_path: string): Promise<void> => {},
  };
  let refreshToken: string | undefined;
  const seen = { refreshes: 0, revoked: [] as string[] };

  const at = (path: string) => `http://provider.test.example${path}`;
  const metadata = {
    issuer: identity.issuer,
    authorization_endpoint: at('/openid/authorize'),
    token_endpoint: at('/openid/token'),
    revocation_endpoint: at('/openid/revoke'),
    end_session_endpoint: at('/openid/logout'),
    jwks_uri: at('/.well-known/jwks.json'),
    id_token_signing_alg_values_supported: ['ES256'],
  };
  const refuse = (response: ServerResponse, error: string) => answerJson(response, { error }, 400);

  function answerTokens(response: ServerResponse, nonce?: string): void {
    refreshToken = randomBytes(8).toString('hex');
    const ada = { customerId: 'cus-ada', accountIds: ['acc-1001'] };
    const authTime = Math.floor(Date.now() / 1_000);
    const claims = { aud: 'bff-web', nonce, auth_time: authTime, ...script.idTokenClaims };
    answerJson(response, {
      token_type: 'Bearer',
      access_token: identity.tokenFor({
        ...ada,
        expiresInSeconds: script.tokenSeconds,
        claims: script.accessTokenClaims,
      }),
      expires_in: script.tokenSeconds,
      refresh_token: refreshToken,
      ...(nonce === undefined ? {} : { id_token: identity.tokenFor({ ...ada, claims }) }),
    });
  }

  function redeem(form: URLSearchParams, response: ServerResponse): void {
    const known = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (known?.challenge !== challenge) refuse(response, 'invalid_grant');
    else answerTokens(response, known.nonce);
  }

  function refresh(form: URLSearchParams, response: ServerResponse): void {
    seen.refreshes += 1;
    const isCurrent = form.get('refresh_token') === refreshToken;
    refreshToken = undefined;
    if (isCurrent) answerTokens(response);
    else refuse(response, 'invalid_grant');
  }

  const peer = started.use(
    await testPeer(async ({ url, headers, body }, response) => {
      if (script.isGone) return void response.destroy();
      await script.before(url);
      if (url === '/.well-known/openid-configuration') return answerJson(response, metadata);
      if (url === '/.well-known/jwks.json') {
        return answerJson(response, await (await fetch(`${identity.address}${url}`)).json());
      }
      const form = new URLSearchParams(body);
      if (clientOf(headers.authorization) !== `bff-web:${clientSecret}`)
        return refuse(response, 'invalid_client');
      if (url === '/openid/revoke') {
        seen.revoked.push(form.get('token') ?? '');
        if (form.get('token') === refreshToken) refreshToken = undefined;
        return void response.writeHead(200).end();
      }
      return form.get('grant_type') === 'refresh_token' ? refresh(form, response) : redeem(form, response);
    }),
  );
  const whole = started.move();

  return {
    issuer: identity.issuer,
    address: peer.address,
    clientSecret,
    /** May be changed at any time. */
    script,
    seen,
    refreshToken: () => refreshToken,
    /** Signs ada in, and says where the browser goes. */
    grant(asked: URL): string {
      const parameters = asked.searchParams;
      assert.equal(parameters.get('code_challenge_method'), 'S256');
      const code = randomBytes(8).toString('hex');
      const [nonce = '', challenge = ''] = [parameters.get('nonce'), parameters.get('code_challenge')].map(
        String,
      );
      codes.set(code, { nonce, challenge });
      return `/session/callback?${new URLSearchParams({ code, state: parameters.get('state') ?? '' })}`;
    },
    endSignIn: () => void (refreshToken = undefined),
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

/** RFC 6749, section 2.3.1: both parts are encoded as in a form before they are joined. */
function clientOf(authorization = ''): string {
  return decodeURIComponent(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString());
}
