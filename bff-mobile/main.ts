// Wires the mobile BFF.
import type { StartService } from '@simplebank/chassis';
import { limitsOf, serveClientApi } from '@simplebank/completion';
import { settings } from './config.ts';
import { liveFields } from './live-fields.ts';
import { openPushes } from './push/pushes.ts';

export const start: StartService = async (host) => {
  const config = host.config(settings);
  const pushes = await openPushes(host, config.CURSOR_SECRET);
  return serveClientApi(host, {
    apiSchemaFile: config.API_SCHEMA_FILE,
    cursorSecret: config.CURSOR_SECRET,
    liveFields,
    manifestsFolder: config.MANIFESTS_DIR,
    ...limitsOf(config),
    sessionEnds: { stream: 'sessions' },
    onlyTrusted: config.TRUSTED_DOCUMENTS_ONLY,
    ...pushes,
  });
};
