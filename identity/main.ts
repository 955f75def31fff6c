// Wires the development identity provider.
import type { Database, ServiceHost, StartService } from '@simplebank/chassis';
import { sessionsStream } from '@simplebank/contracts';
import { busOf, eventsMigrations, publishingInSpans, startRelay } from '@simplebank/events';
import { clientSettings, settings } from './config.ts';
import { createCustomers, passwordSignIn } from './customers.ts';
import { createLastingSessions } from './lasting-sessions.ts';
import { limitGuesses } from './limit-guesses.ts';
import { openIdProviderRoutes } from './openid-routes.ts';
import { createOpenIdStore } from './openid-store.ts';
import { sessionRoutes } from './session-routes.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSignIns } from './sign-ins.ts';
import { openSigningKeys } from './signing-keys.ts';
import { tokenRoutes } from './token-routes.ts';

export const start: StartService = async (host) => {
  const { client, issuer, log } = host;
  const config = host.config(settings);
  const onFault = (fault: unknown) => log.warn({ err: fault }, 'the signing keys could not be read again');
  const [keys, signIns] = await Promise.all([
    openSigningKeys(config.IDENTITY_DATA_DIR, { onFault }),
    createSignIns({ demo: config.SEED_DEMO }),
  ]);
  const own = { name: 'identity', folder: new URL('./migrations/', import.meta.url) };
  const events = { name: 'events', folder: eventsMigrations };
  // A bank gives it one (topology.ts). Without, as in tests of others, it has the password route only.
  const database = host.hasDatabase ? await host.database(events, own) : undefined;
  const anyGuesses = passwordSignIn(signIns, client);
  const passwords = database === undefined ? anyGuesses : limitGuesses(anyGuesses, database);
  return host.serveHttp(async (app) => {
    tokenRoutes(app, { issuer, keys, passwords });
    if (database === undefined) return;
    const sessions = await openSessions(host, database);
    const store = createOpenIdStore(database, sessions);
    const customers = createCustomers({ passwords, client, store });
    const lasting = createLastingSessions(database, sessions);
    sessionRoutes(app, { issuer, keys, lasting, sessions });
    const clients = clientSettings(config);
    const behindProxy = config.IDENTITY_BEHIND_PROXY;
    await openIdProviderRoutes(app, keys, { issuer, clients, store, sessions, customers, log, behindProxy });
  });
};

/** Their ends are published by a relay of its own. */
async function openSessions(host: ServiceHost, database: Database): Promise<Sessions> {
  const bus = publishingInSpans(await busOf(host), host.tracing);
  const relay = await startRelay({ database, bus, stream: sessionsStream, log: host.log });
  host.onStop(() => relay.stop());
  return createSessions(database, relay.nudge);
}
