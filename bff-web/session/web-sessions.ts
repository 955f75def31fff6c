// Browsers' sessions: each holds the tokens of one sign-in, which the browser never sees. A token is renewed before it runs
// out, by one process at a time over all replicas, since a refresh token that is used twice ends the sign-in; the others
// use the token that is still good.
import { setTimeout as pause } from 'node:timers/promises';
import {
  backgroundContext,
  beforeDeadline,
  DeadlineExceeded,
  runInContext,
  ServiceUnavailable,
  unauthenticated,
} from '@simplebank/chassis';
import { longestRefreshMs, SignInRefused, type OpenIdSignIn, type Tokens } from './openid-sign-in.ts';
import { newId, type Seal } from './sealed.ts';
import type { Revocations } from './revocations.ts';
import type { SessionStore, StoredSession } from './session-store.ts';

/** A token with less than this to live is renewed; long enough for the others to wait for whoever renews it. */
const renewBeforeMs = 60_000;
/** A token with less than this to live may run out on its way through the bank. */
const usableMs = 5_000;
/** From the provider's answer until it is kept: a statement may take 5 s, and a busy process some time too. */
const keepingMs = 6_000;
/** Longer than a renewal may take, since no two may use one refresh token; who has not come back by then has died. */
const renewalSeconds = (longestRefreshMs + keepingMs) / 1_000;
const renewalPauseMs = 50;

type KeptTokens = Pick<Tokens, 'access' | 'refresh'>;

export interface WebSessionsOptions {
  readonly store: SessionStore;
  readonly seal: Seal<KeptTokens>;
  readonly signIn: OpenIdSignIn;
  readonly revocations: Revocations;
}

export class WebSessions {
  readonly #options: WebSessionsOptions;
  /** Renewals under way in this process, by session id. */
  readonly #renewals = new Map<string, Promise<string>>();

  constructor(options: WebSessionsOptions) {
    this.#options = options;
  }

  /** Its id, for the cookie. */
  async begin(signedIn: { customerId: string; tokens: Tokens }): Promise<string> {
    const id = newId();
    await this.#options.store.begin(id, {
      customerId: signedIn.customerId,
      ...this.#sealed(id, signedIn.tokens),
    });
    return id;
  }

  /** Who is signed in. Throws PublicError UNAUTHENTICATED when the session has ended. */
  async find(id: string): Promise<Pick<StoredSession, 'customerId' | 'idleEndsAt' | 'endsAt'>> {
    return this.#find(id, true);
  }

  /** `Bearer …`, good for a while. Throws PublicError UNAUTHENTICATED when the session has ended, or ServiceUnavailable. */
  async authorizationOf(id: string, { isActive }: { isActive: boolean }): Promise<string> {
    const session = await this.#find(id, isActive);
    const { access } = this.#opened(id, session);
    if (leftMs(session) > renewBeforeMs) return `Bearer ${access}`;
    try {
      return `Bearer ${await beforeDeadline('a session was being renewed', this.#renewed(id))}`;
    } catch (fault) {
      // Without the provider the session goes on for as long as its token does.
      if (isOutage(fault) && leftMs(session) > usableMs) return `Bearer ${access}`;
      throw fault instanceof SignInRefused ? unauthenticated() : fault;
    }
  }

  /** Without a word to the provider: a new session of the same sign-in takes its place. */
  async replace(id: string): Promise<void> {
    await this.#options.store.end(id);
  }

  /** Everywhere, and at the provider too: now, or when it answers again. */
  async end(id: string): Promise<void> {
    const { store, seal, revocations } = this.#options;
    const revocation = await store.endWith(id, async (tx, sealed) => {
      const tokens = seal.open(id, sealed);
      return tokens && revocations.keep(tx, tokens.refresh);
    });
    if (revocation !== undefined) await revocations.carryOut(revocation);
  }

  async #find(id: string, isActive: boolean): Promise<StoredSession> {
    const session = await this.#options.store.find(id, { isActive });
    if (session === undefined) throw unauthenticated();
    return session;
  }

  /** The new access token; once for all who want it in this process. */
  #renewed(id: string): Promise<string> {
    const known = this.#renewals.get(id);
    if (known !== undefined) return known;
    // None of those who wait for it sets its deadline; each waits until his own.
    const renewal = runInContext(backgroundContext({}), () => this.#renew(id)).finally(() =>
      this.#renewals.delete(id),
    );
    this.#renewals.set(id, renewal);
    return renewal;
  }

  async #renew(id: string): Promise<string> {
    const { store } = this.#options;
    const patientUntil = performance.now() + renewalSeconds * 1_000;
    for (;;) {
      const session = await this.#find(id, false);
      if (leftMs(session) > renewBeforeMs) return this.#opened(id, session).access;
      if (!session.isRenewing) {
        const ready = await this.#prepared();
        const isOurs = await store.claimRenewal(id, session.version, renewalSeconds);
        // With the claim in any case: after an outage the next one tries when this turn is over, not each request.
        if (ready !== true) throw ready;
        if (isOurs) return this.#ask(id, session);
      }
      // Another replica is about it.
      if (leftMs(session) > usableMs) return this.#opened(id, session).access;
      if (performance.now() > patientUntil) throw new ServiceUnavailable('the other replica', undefined);
      await pause(renewalPauseMs);
    }
  }

  /** Before the claim, whose time is for what follows it only. True, or why not. */
  async #prepared(): Promise<unknown> {
    return this.#options.signIn.prepare().then(
      () => true,
      (fault: unknown) => fault,
    );
  }

  async #ask(id: string, session: StoredSession): Promise<string> {
    const { store, signIn, revocations } = this.#options;
    const { version } = session;
    const { refresh } = this.#opened(id, session);
    let tokens: Tokens;
    try {
      tokens = await signIn.refresh(refresh);
    } catch (fault) {
      const isOver = !(fault instanceof SignInRefused) || (await store.endVersion(id, version));
      if (isOver) throw fault;
      // Refused is what another replica has used, and renewed the session by.
      return this.#opened(id, await this.#find(id, false)).access;
    }
    if (await store.renew(id, version, this.#sealed(id, tokens))) return tokens.access;
    // Another replica took this for dead and has renewed the session: to revoke these tokens would end its own.
    const renewed = await store.find(id, { isActive: false });
    if (renewed !== undefined) return this.#opened(id, renewed).access;
    // The session has ended meanwhile, and with it what it was given last.
    await revocations.add(tokens.refresh);
    throw unauthenticated();
  }

  #sealed(id: string, { access, refresh, expiresAtMs }: Tokens) {
    return {
      tokens: this.#options.seal.seal(id, { access, refresh }),
      tokenExpiresAt: new Date(expiresAtMs),
    };
  }

  /** Sessions of another SESSION_SECRET are none any more. */
  #opened(id: string, { tokens }: StoredSession): KeptTokens {
    const opened = this.#options.seal.open(id, tokens);
    if (opened === undefined) throw unauthenticated();
    return opened;
  }
}

function isOutage(fault: unknown): boolean {
  return fault instanceof ServiceUnavailable || fault instanceof DeadlineExceeded;
}

function leftMs({ tokenExpiresAt }: StoredSession): number {
  return tokenExpiresAt.getTime() - Date.now();
}
