// Wires the web BFF.
import type { StartService } from '@simplebank/chassis';
import { serveClientApi } from '@simplebank/completion';
import { settings } from './config.ts';
import { liveFields } from './live-fields.ts';

export const start: StartService = async (host) => {
  const { API_SCHEMA_FILE, CURSOR_SECRET } = host.config(settings);
  return serveClientApi(host, { apiSchemaFile: API_SCHEMA_FILE, cursorSecret: CURSOR_SECRET, liveFields });
};
