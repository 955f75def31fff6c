// Wires the mobile BFF.
import type { StartService } from '@simplebank/chassis';
import { idempotencyMigrations, limitsOf, serveClientApi } from '@simplebank/completion';
import { eventsMigrations } from '@simplebank/events';
import { settings } from './config.ts';
import { liveFields } from './live-fields.ts';
import { openPushes } from './push/pushes.ts';

export const start: StartService = async (host) => {
  const config = host.config(settings);
  const database = await host.database(
    { name: 'bff-mobile', folder: new URL('./migrations/', import.meta.url) },
    { name: 'events', folder: eventsMigrations },
    { name: 'idempotency', folder: idempotencyMigrations },
  );
  const pushes = await openPushes(host, database, config.CURSOR_SECRET);
  return serveClientApi(host, {
    apiSchemaFile: config.API_SCHEMA_FILE,
    cursorSecret: config.CURSOR_SECRET,
    liveFields,
    manifestsFolder: config.MANIFESTS_DIR,
    appVersions: { minimum: config.MINIMUM_APP_VERSION, isRequired: config.APP_VERSION_REQUIRED },
    ...limitsOf(config),
    sessionEnds: { stream: 'sessions' },
    deadlineMs: config.DEADLINE_MS,
    onlyTrusted: config.TRUSTED_DOCUMENTS_ONLY,
    // Phones lose their connection in the middle of everything.
    idempotency: { database, isRequired: true },
    ...pushes,
  });
};
