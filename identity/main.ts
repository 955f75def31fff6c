// Wires the development identity provider.
import type { StartService } from '@simplebank/chassis';
import { settings } from './config.ts';
import { openSigningKey } from './signing-key.ts';
import { createSignIns } from './sign-ins.ts';
import { tokenRoutes } from './token-routes.ts';

export const start: StartService = async (host) => {
  const { IDENTITY_DATA_DIR, SEED_DEMO } = host.config(settings);
  const [key, signIns] = await Promise.all([
    openSigningKey(IDENTITY_DATA_DIR),
    createSignIns({ demo: SEED_DEMO }),
  ]);
  return host.serveHttp((app) =>
    tokenRoutes(app, { issuer: host.issuer, key, signIns, client: host.client }),
  );
};
