// Signing in and out of the web application: two redirects to the OpenID provider and back, who is signed in, and the end.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '@simplebank/chassis';
import type { OwnRoutes } from '@simplebank/completion';
import type { BrowserRules } from './browser-rules.ts';
import { clearCookie, idIn, sessionCookie, setCookie, signInCookie } from './cookies.ts';
import { SignInRefused, type OpenIdSignIn, type SignInChecks } from './openid-sign-in.ts';
import { failedPage, pageHeaders } from './session-page.ts';
import { newId, type Seal } from './sealed.ts';
import type { SessionStore } from './session-store.ts';
import type { WebSessions } from './web-sessions.ts';

/** Of the path to return to after the sign-in; longer ones are no page of ours. */
const longestPath = 500;
/** These need no token, and each looks at the cookie itself. */
const anonymous = { config: { anonymous: true } };

export interface KeptSignIn extends SignInChecks {
  readonly returnTo: string;
}

export interface SessionRoutesOptions {
  readonly origin: string;
  readonly rules: BrowserRules;
  readonly signIn: OpenIdSignIn;
  readonly sessions: WebSessions;
  readonly store: Pick<SessionStore, 'beginSignIn' | 'takeSignIn'>;
  readonly seal: Seal<KeptSignIn>;
  readonly log: Logger;
}

export function sessionRoutes(options: SessionRoutesOptions): OwnRoutes {
  const { origin, rules, signIn, sessions, store, seal } = options;
  const sessionOf = ({ headers }: FastifyRequest) => idIn(headers.cookie, sessionCookie);
  return (scope) => {
    scope.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'));

    scope.get('/session/login', anonymous, async ({ query }, reply) => {
      const { url, checks } = await signIn.begin();
      const id = newId();
      const returnTo = pathOf((query as Record<string, unknown>)['returnTo'], origin);
      await store.beginSignIn(id, seal.seal(id, { ...checks, returnTo }));
      return reply.header('set-cookie', setCookie(signInCookie, id)).redirect(url, 303);
    });

    scope.get('/session/callback', anonymous, async (request, reply) => {
      void reply.header('set-cookie', clearCookie(signInCookie));
      const id = idIn(request.headers.cookie, signInCookie) ?? '';
      const sealed = await store.takeSignIn(id);
      const kept = sealed && seal.open(id, sealed);
      return kept === undefined ? failed(reply) : finish(request, reply, kept);
    });

    // By the same way as what is asked at /graphql, so that both say of an ended session that it has ended.
    scope.get('/session', { onSend: forgetEnded }, async (request) => {
      rules.checkOrigin(request.headers);
      rules.checkForgery(request.headers);
      const { customerId, idleEndsAt, endsAt } = await sessions.find(sessionOf(request) ?? '');
      return { customerId, idleEndsAt, endsAt };
    });

    // Also for a session that has ended already, so that whoever asks is signed out in any case.
    scope.post('/session/logout', anonymous, async (request, reply) => {
      rules.checkOrigin(request.headers);
      rules.checkForgery(request.headers);
      // Without the provider the session ends all the same, and there is nowhere to go on to.
      const logoutUrl = signIn.logoutUrl().catch((fault: unknown) => {
        options.log.warn({ err: fault }, 'the OpenID provider names no page to sign out at');
        return undefined;
      });
      await sessions.end(sessionOf(request) ?? '');
      void reply.header('set-cookie', clearCookie(sessionCookie));
      return { logoutUrl: await logoutUrl };
    });
  };

  async function finish(request: FastifyRequest, reply: FastifyReply, kept: KeptSignIn) {
    const question = request.url.indexOf('?');
    try {
      const signedIn = await signIn.finish(question === -1 ? '' : request.url.slice(question), kept);
      // A new id for a new sign-in, so that nobody's old id becomes somebody's session.
      const before = sessionOf(request);
      if (before !== undefined) await sessions.replace(before);
      const id = await sessions.begin(signedIn);
      void reply.header('set-cookie', setCookie(sessionCookie, id));
      return reply.redirect(`${origin}${kept.returnTo}`, 303);
    } catch (fault) {
      if (!(fault instanceof SignInRefused)) throw fault;
      options.log.warn({ err: fault }, 'a sign-in was refused');
      return failed(reply);
    }
  }
}

/** A cookie that is good for nothing any more. */
async function forgetEnded({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (reply.statusCode === 401 && idIn(headers.cookie, sessionCookie) !== undefined)
    void reply.header('set-cookie', clearCookie(sessionCookie));
}

function failed(reply: FastifyReply): FastifyReply {
  return reply.code(400).headers(pageHeaders).send(failedPage);
}

/** A path of our own, whatever was asked for: a sign-in must not lead to somebody else's page. */
function pathOf(asked: unknown, origin: string): string {
  if (typeof asked !== 'string' || asked.length > longestPath || !URL.canParse(asked, origin)) return '/';
  const url = new URL(asked, origin);
  return asked.startsWith('/') && url.origin === origin ? `${url.pathname}${url.search}${url.hash}` : '/';
}
