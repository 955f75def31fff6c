// Puts the sessions of browsers together: the rules for what a browser sends, the cookie's session instead of a token, and
// the routes to sign in and out.
import type { Database, Logger, ReplicaCalls } from '@simplebank/chassis';
import type { HeldTokens, OwnRoutes } from '@simplebank/completion';
import { startLoop } from '@simplebank/events';
import { createBrowserRules, type BrowserRules } from './browser-rules.ts';
import { idIn, sessionCookie } from './cookies.ts';
import { createOpenIdSignIn } from './openid-sign-in.ts';
import { createSeal } from './sealed.ts';
import { Revocations } from './revocations.ts';
import { pageRoutes } from './session-page.ts';
import { sessionRoutes } from './session-routes.ts';
import { createSessionStore } from './session-store.ts';
import { WebSessions } from './web-sessions.ts';

export interface WebSessionsSettings {
  /** Where this BFF is for browsers. */
  readonly origin: string;
  readonly allowedOrigins: readonly string[];
  readonly issuer: string;
  /** Where the OpenID provider is for browsers, if not where this process finds it. */
  readonly providerOrigin: string | undefined;
  readonly clientSecret: string;
  readonly sessionSecret: string;
  /** Clients may bring tokens of their own too. */
  readonly acceptsTokens: boolean;
}

export function openWebSessions(
  settings: WebSessionsSettings,
  { database, calls, log }: { database: Database; calls: ReplicaCalls; log: Logger },
): {
  ownRoutes: OwnRoutes;
  hooks: BrowserRules['hooks'];
  heldTokens: HeldTokens;
  stop: () => Promise<void>;
} {
  const { origin, allowedOrigins, issuer, providerOrigin, clientSecret, sessionSecret, acceptsTokens } =
    settings;
  const rules = createBrowserRules(origin, allowedOrigins);
  const store = createSessionStore(database);
  const signIn = createOpenIdSignIn({ issuer, secret: clientSecret, origin, providerOrigin, calls });
  const tokenSeal = createSeal<{ access: string; refresh: string }>(sessionSecret, 'tokens of a web session');
  const revocationSeal = createSeal<string>(sessionSecret, 'refresh token to revoke');
  const revocations = new Revocations({ database, seal: revocationSeal, signIn, log });
  const sessions = new WebSessions({ store, seal: tokenSeal, signIn, revocations });
  const seal = createSeal<{ verifier: string; state: string; nonce: string; returnTo: string }>(
    sessionSecret,
    'checks of a sign-in',
  );
  const revoking = startLoop({
    run: () => revocations.carryOutDue(),
    onError: (fault) => log.warn({ err: fault }, 'revocations that are due could not be looked up'),
  });
  const routes = sessionRoutes({ origin, rules, signIn, sessions, store, seal, log });
  return {
    stop: () => revoking.stop(),
    hooks: (app) => rules.hooks(app),
    ownRoutes(scope) {
      pageRoutes(scope);
      scope.register(async (inner) => routes(inner));
    },
    heldTokens: {
      acceptsTokens,
      sessionOf({ headers }, kind) {
        rules.checkOrigin(headers);
        // No page can have sent a token by accident.
        if (acceptsTokens && headers.authorization !== undefined) return undefined;
        const id = idIn(headers.cookie, sessionCookie);
        if (id === undefined) return undefined;
        // A page cannot set a header on an upgrade, whose origin every browser names.
        if (kind === 'request') rules.checkForgery(headers);
        return { authorization: (given) => sessions.authorizationOf(id, given) };
      },
    },
  };
}
