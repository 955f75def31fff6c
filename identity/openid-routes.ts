// The OpenID provider under fastify. The provider is a Koa application, which reads and answers its requests itself;
// the sign-in page is fastify's. Both run in the context of the request, with its deadline and correlation id.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errors, type Provider } from 'oidc-provider';
import { z } from 'zod';
import { PublicError } from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import type { Grants, PasswordSignIn } from './customers.ts';
import { openIdClients } from './openid-clients.ts';
import { interactionPath, openIdProvider, openIdRoutes, type OpenIdOptions } from './openid-provider.ts';
import { errorPage, pageHeaders, signInPage } from './pages.ts';
import { longestField } from './token-routes.ts';
import type { KeySet, SigningKeys } from './signing-keys.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

const anonymous = { config: { anonymous: true } };
const formSchema = z.object({
  username: z.string().min(1).max(longestField),
  password: z.string().min(1).max(longestField),
});
const form = 'application/x-www-form-urlencoded';

export async function openIdProviderRoutes(
  app: FastifyInstance,
  keys: SigningKeys,
  options: OpenIdOptions,
): Promise<void> {
  const current = providerOf(keys, options);
  // Signing out leads back to a client as well, and browsers hold that redirect to the page of the form.
  const logoutTargets = openIdClients(options.clients).flatMap(
    ({ post_logout_redirect_uris: uris = [] }) => uris,
  );
  const headers = pageHeaders(logoutTargets.map(targetOf));
  await app.register(async (scope) => providerRoutes(scope, current, headers));
  await app.register(async (scope) => signInRoutes(scope, current, options));
}

/** One provider as long as the keys stay the same. */
function providerOf(keys: SigningKeys, options: OpenIdOptions): () => Promise<Provider> {
  const nameOf = ({ signing, published }: KeySet) => [signing, ...published].map(({ id }) => id).join();
  let made: { name: string; provider: Provider } | undefined;
  return async () => {
    const set = await keys.current();
    const name = nameOf(set);
    if (made?.name !== name) made = { name, provider: openIdProvider(set, options) };
    return made.provider;
  };
}

function providerRoutes(
  app: FastifyInstance,
  current: () => Promise<Provider>,
  headers: Readonly<Record<string, string>>,
): void {
  // The provider reads bodies itself, up to a limit of its own (56 KiB).
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));

  const pass = async (request: FastifyRequest, reply: FastifyReply) => {
    const provider = await current();
    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers }))
      if (value !== undefined && name !== 'content-type') raw.setHeader(name, value);
    // What a hook says to a kept connection at shutdown does not reach a hijacked answer, so that each ends its own.
    raw.setHeader('connection', 'close');
    await provider.callback()(request.raw, raw);
  };
  const { authorization, token, revocation, end_session: logout } = openIdRoutes;
  app.get('/.well-known/openid-configuration', anonymous, pass);
  for (const url of [authorization, `${authorization}/:uid`, logout, `${logout}/success`])
    app.get(url, anonymous, pass);
  for (const url of [authorization, token, revocation, logout, `${logout}/confirm`])
    app.post(url, anonymous, pass);
}

function signInRoutes(
  app: FastifyInstance,
  current: () => Promise<Provider>,
  { customers }: OpenIdOptions,
): void {
  app.addContentTypeParser(form, { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  app.setErrorHandler(async (error, _request, reply) => {
    if (!(error instanceof errors.SessionNotFound)) throw error;
    const expired = {
      error: error.error,
      error_description: 'This sign-in has expired. Please start again.',
    };
    return reply.code(400).headers(pageHeaders()).send(errorPage(expired));
  });

  const page = async (request: FastifyRequest, reply: FastifyReply, problem?: string) => {
    const provider = await current();
    const { params } = await provider.interactionDetails(request.raw, reply.raw);
    const client = await provider.Client.find(String(params['client_id']));
    const clientName = client?.clientName ?? String(params['client_id']);
    const html = signInPage({ clientName, action: request.url, ...(problem !== undefined && { problem }) });
    return reply.headers(pageHeaders([targetOf(String(params['redirect_uri']))])).send(html);
  };

  app.get(`${interactionPath}/:uid`, anonymous, async (request, reply) => page(request, reply));

  app.post(`${interactionPath}/:uid`, anonymous, async (request, reply) => {
    const provider = await current();
    // The browser's cookie names the sign-in, so that a form of another site, or of nobody's, ends here.
    const interaction = await provider.interactionDetails(request.raw, reply.raw);
    const given = formSchema.safeParse(request.body);
    const signedIn = await signInWith(customers, given.data);
    if (signedIn instanceof PublicError) {
      const isThrottled = signedIn.extensions['code'] === 'SIGN_IN_THROTTLED';
      return page(request, reply.code(isThrottled ? 429 : 401), signedIn.message);
    }
    await endOthers(provider, interaction, signedIn.customerId);
    // RFC 8252, section 8.6: a native client must have asked a person each time, which the password has.
    const result = { login: { accountId: signedIn.customerId, amr: ['pwd'] }, consent: {} };
    return reply.redirect(await provider.interactionResult(request.raw, reply.raw, result), 303);
  });
}

/** A browser is signed in for one customer. The provider itself would end the other's session by a page with a script. */
async function endOthers(provider: Provider, interaction: Interaction, customerId: string): Promise<void> {
  const { session } = interaction;
  if (session === undefined || session.accountId === customerId) return;
  const others = await provider.Session.find(session.cookie);
  for (const { grantId } of Object.values(others?.authorizations ?? {}))
    if (grantId !== undefined) await (await provider.Grant.find(grantId))?.destroy();
  await others?.destroy();
  delete interaction.session;
  await interaction.persist();
}

async function signInWith(
  customers: PasswordSignIn,
  given: z.output<typeof formSchema> | undefined,
): Promise<Grants | PublicError> {
  try {
    const grants = given && (await customers.signIn(given.username, given.password));
    return grants ?? new PublicError(rejectionOf('SIGN_IN_FAILED'));
  } catch (fault) {
    if (fault instanceof PublicError) return fault;
    throw fault;
  }
}

/** What a Content-Security-Policy calls it: an origin, or the scheme of an application's own. */
function targetOf(redirectUri: string): string {
  const { protocol, origin } = new URL(redirectUri);
  return protocol === 'https:' || protocol === 'http:' ? origin : protocol;
}
