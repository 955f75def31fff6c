// Wires the web BFF.
import type { StartService } from '@simplebank/chassis';
import { liveLimitsOf, serveClientApi } from '@simplebank/completion';
import { settings } from './config.ts';
import { liveFields } from './live-fields.ts';

export const start: StartService = async (host) => {
  const config = host.config(settings);
  return serveClientApi(host, {
    apiSchemaFile: config.API_SCHEMA_FILE,
    cursorSecret: config.CURSOR_SECRET,
    liveFields,
    manifestsFolder: config.MANIFESTS_DIR,
    rateLimits: { perAddress: config.RATE_LIMIT_PER_ADDRESS, perCustomer: config.RATE_LIMIT_PER_CUSTOMER },
    liveLimits: liveLimitsOf(config),
    sessionEnds: { stream: 'sessions' },
    onlyTrusted: config.TRUSTED_DOCUMENTS_ONLY,
  });
};
