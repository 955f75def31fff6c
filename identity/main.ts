// Wires the development identity provider.
import type { StartService } from '@simplebank/chassis';
import { clientSettings, settings } from './config.ts';
import { createCustomers, passwordSignIn } from './customers.ts';
import { limitGuesses } from './limit-guesses.ts';
import { openIdProviderRoutes } from './openid-routes.ts';
import { createOpenIdStore } from './openid-store.ts';
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
  const migrations = { name: 'identity', folder: new URL('./migrations/', import.meta.url) };
  // A bank gives it one (topology.ts). Without, as in tests of others, it has the password route only.
  const database = host.hasDatabase ? await host.database(migrations) : undefined;
  const anyGuesses = passwordSignIn(signIns, client);
  const passwords = database === undefined ? anyGuesses : limitGuesses(anyGuesses, database);
  return host.serveHttp(async (app) => {
    tokenRoutes(app, { issuer, keys, passwords });
    if (database === undefined) return;
    const store = createOpenIdStore(database);
    const customers = createCustomers({ passwords, client, store });
    const clients = clientSettings(config);
    const behindProxy = config.IDENTITY_BEHIND_PROXY;
    await openIdProviderRoutes(app, keys, { issuer, clients, store, customers, log, behindProxy });
  });
};
