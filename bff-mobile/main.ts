// Wires the mobile BFF.
import type { StartService } from '@simplebank/chassis';
import { liveLimitsOf, serveClientApi } from '@simplebank/completion';
import { settings } from './config.ts';
import { liveFields } from './live-fields.ts';
import { openPushes } from './push/pushes.ts';

export const start: StartService = async (host) => {
  const config = host.config(settings);
  const migrations = { name: 'bff-mobile', folder: new URL('./migrations/', import.meta.url) };
  const { VAPID_SECRET: vapidSecret, PUSH_SERVICES: pushServices } = config;
  // A bank gives it both (topology.ts, deploy). Without, as in tests of others, no device registers.
  const hasPushes = host.hasDatabase && vapidSecret !== undefined;
  const ownRoutes = hasPushes
    ? { ownRoutes: openPushes({ database: await host.database(migrations), vapidSecret, pushServices }) }
    : {};
  return serveClientApi(host, {
    apiSchemaFile: config.API_SCHEMA_FILE,
    cursorSecret: config.CURSOR_SECRET,
    liveFields,
    manifestsFolder: config.MANIFESTS_DIR,
    rateLimits: { perAddress: config.RATE_LIMIT_PER_ADDRESS, perCustomer: config.RATE_LIMIT_PER_CUSTOMER },
    liveLimits: liveLimitsOf(config),
    onlyTrusted: config.TRUSTED_DOCUMENTS_ONLY,
    ...ownRoutes,
  });
};
