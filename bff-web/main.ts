// Wires the web BFF.
import type { StartService } from '@simplebank/chassis';
import { idempotencyMigrations, limitsOf, serveClientApi } from '@simplebank/completion';
import { sessionSettings, settings } from './config.ts';
import { liveFields } from './live-fields.ts';
import { openWebSessions } from './session/open-web-sessions.ts';

/** To each replica of the OpenID provider: a session asks it once in some minutes. */
const providerConnections = 8;

export const start: StartService = async (host) => {
  const config = host.config(settings);
  const migrations = { name: 'bff-web', folder: new URL('./migrations/', import.meta.url) };
  const calls = host.openCalls(providerConnections);
  host.onStop(() => calls.close());
  const database = await host.database(migrations, { name: 'idempotency', folder: idempotencyMigrations });
  const { issuer, log } = host;
  const { stop, ...sessions } = openWebSessions(sessionSettings(config, issuer), { database, calls, log });
  host.onStop(stop);
  return serveClientApi(host, {
    apiSchemaFile: config.API_SCHEMA_FILE,
    cursorSecret: config.CURSOR_SECRET,
    liveFields,
    manifestsFolder: config.MANIFESTS_DIR,
    ...limitsOf(config),
    sessionEnds: { stream: 'sessions' },
    deadlineMs: config.DEADLINE_MS,
    onlyTrusted: config.TRUSTED_DOCUMENTS_ONLY,
    idempotency: { database, isRequired: false },
    ...sessions,
  });
};
