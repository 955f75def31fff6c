// Identity on a real Postgres with openid-client before it, as the BFFs have it; the service that knows the customers is
// scripted, since it is another service. A restart takes the same database, folder and issuer to a new process part.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as openid from 'openid-client';
import { openPostgresBus } from '@simplebank/events';
import {
  answerJson,
  FormBrowser,
  testDatabase,
  testHost,
  testPeer,
  type Page,
  type PeerAnswer,
} from '@simplebank/testkit';
import { start } from './main.ts';

export const issuer = 'https://identity.test.example';
const webOrigin = 'https://web.test.example';
export const webRedirectUri = `${webOrigin}/session/callback`;
export const loggedOutUri = `${webOrigin}/`;
export const mobileRedirectUri = 'com.simplebank.mobile:/callback';
const webSecret = 'a secret of the web client of this test';

/** Ada has two accounts and all others none. */
const grants: PeerAnswer = ({ body }, response) => {
  const { username } = JSON.parse(body) as { username: string };
  const accountIds = username === 'ada' ? ['acc-1001', 'acc-1002'] : [];
  answerJson(response, { grants: { customerId: `cus-${username}`, accountIds } });
};

const quiet = { warn: () => undefined, error: () => undefined };

export async function openIdentity(environment: Record<string, string> = {}) {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'identity-test-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const database = stack.use(await testDatabase());
  // Of its own: a bus has a database for itself, and in one process it is shared by its URL.
  const busUrl = stack.use(await testDatabase()).url;
  let failing = 0;
  const answerGrants: PeerAnswer = (request, response) => {
    if (failing === 0) return grants(request, response);
    failing -= 1;
    response.writeHead(503).end();
  };
  const peer = stack.use(await testPeer(answerGrants));
  const launch = async () => {
    const host = testHost({
      service: 'identity',
      issuer,
      databaseUrl: database.url,
      busUrl,
      addresses: { customers: peer.address },
      environment: {
        SEED_DEMO: '1',
        IDENTITY_DATA_DIR: folder,
        BFF_WEB_CLIENT_SECRET: webSecret,
        BFF_WEB_ORIGIN: webOrigin,
        ...environment,
      },
    });
    const { url } = await start(host.host);
    return { url, host };
  };
  const bus = stack.use(await openPostgresBus({ url: busUrl, log: quiet }));
  let running = await launch();
  stack.defer(() => running.host[Symbol.asyncDispose]());
  const url = () => running.url;

  /** Clients know the issuer by its name; only this test knows where it listens. */
  const reach: openid.CustomFetch = (asked, options) => {
    const { pathname, search } = new URL(asked);
    return fetch(new URL(`${pathname}${search}`, url()), options as RequestInit);
  };
  const discover = (id: string, auth: openid.ClientAuth) =>
    openid.discovery(new URL(issuer), id, undefined, auth, {
      execute: [openid.allowInsecureRequests],
      [openid.customFetch]: reach,
    });
  const web = await discover('bff-web', openid.ClientSecretBasic(webSecret));
  const mobile = await discover('bff-mobile', openid.None());

  // Any service of the bank, as it verifies callers.
  const addresses = {
    get identity() {
      return url();
    },
  };
  const service = stack.use(testHost({ service: 'orders', issuer, addresses }));

  return {
    url,
    folder,
    web,
    mobile,
    database,
    bus,
    customers: peer,
    /** So many requests to it are answered with 503. */
    failCustomers: (times: number) => void (failing = times),
    logs: () => running.host.logs,
    browser: () => new FormBrowser(url),
    /** The caller whom every service of the bank sees behind an access token. */
    callerOf: (token: string) => service.host.accessTokens.verify(`Bearer ${token}`),
    async restart() {
      await running.host[Symbol.asyncDispose]();
      running = await launch();
    },
    /** A second replica on the same database and folder. */
    async replica() {
      const other = await launch();
      stack.use(other.host);
      return other.url;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const everything = 'openid accounts:read orders:read orders:write';

interface SignInRequest {
  readonly redirectUri?: string;
  readonly scope?: string;
  readonly deviceName?: string;
  /** Of the password, in seconds. */
  readonly maxAge?: number;
}

/** A client's request for a sign-in, up to the form. */
export async function beginSignIn(
  config: openid.Configuration,
  browser: FormBrowser,
  given: SignInRequest = {},
) {
  const { redirectUri = webRedirectUri, scope = everything, deviceName, maxAge } = given;
  const verifier = openid.randomPKCECodeVerifier();
  const [state, nonce] = [openid.randomState(), openid.randomNonce()];
  const page = await browser.open(
    openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(deviceName === undefined ? {} : { device_name: deviceName }),
      ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    }),
  );
  const redeem = ({ left }: Page) => {
    assert(left !== undefined, 'the browser is still at identity');
    return openid.authorizationCodeGrant(config, left, {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      ...(maxAge === undefined ? {} : { maxAge }),
    });
  };
  return { page, redeem };
}

export const adasPassword = { username: 'ada', password: 'demo' };

/** The whole way to tokens. */
export async function signInBy(
  config: openid.Configuration,
  browser: FormBrowser,
  given: SignInRequest & { readonly username?: string } = {},
) {
  const { page, redeem } = await beginSignIn(config, browser, given);
  return redeem(await browser.submit(page, { ...adasPassword, username: given.username ?? 'ada' }));
}

/** The error that a client is answered with. */
export async function refusal(answer: Promise<unknown>): Promise<string> {
  const error = await answer.then(
    () => assert.fail('it was not refused'),
    (fault: unknown) => fault,
  );
  assert(error instanceof openid.ResponseBodyError, String(error));
  return error.error;
}
