// Who may ask for tokens: the two BFFs' clients, registered here and nowhere else.
import type { ClientMetadata } from 'oidc-provider';
import { accessTokenAlgorithm } from '@simplebank/chassis';

const webClientId = 'bff-web';
export const mobileClientId = 'bff-mobile';

export interface OpenIdClientSettings {
  /** Without it the web client is not registered: no secret is better than one that everybody knows. */
  readonly webSecret: string | undefined;
  readonly webRedirectUri: string;
  readonly webLoggedOutUri: string;
  /** A scheme of the application's own, or a loopback address without a port, which then matches any port. */
  readonly mobileRedirectUris: readonly string[];
}

export function openIdClients(settings: OpenIdClientSettings): ClientMetadata[] {
  const mobile = mobileClient(settings.mobileRedirectUris);
  const { webSecret, webRedirectUri, webLoggedOutUri } = settings;
  return webSecret === undefined ? [mobile] : [webClient(webSecret, webRedirectUri, webLoggedOutUri), mobile];
}

/** Confidential: the browser's tokens stay on the server of its BFF, which holds the secret. */
function webClient(secret: string, redirectUri: string, loggedOutUri: string): ClientMetadata {
  return {
    client_id: webClientId,
    client_name: 'SimpleBank web',
    client_secret: secret,
    application_type: 'web',
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [loggedOutUri],
    ...common(),
  };
}

/** Public: what is shipped to a telephone is no secret, so that PKCE alone binds the code to who asked for it. */
function mobileClient(redirectUris: readonly string[]): ClientMetadata {
  return {
    client_id: mobileClientId,
    client_name: 'SimpleBank mobile',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...redirectUris],
    ...common(),
  };
}

function common() {
  return {
    response_types: ['code' as const],
    grant_types: ['authorization_code', 'refresh_token'],
    id_token_signed_response_alg: accessTokenAlgorithm as typeof accessTokenAlgorithm,
  };
}
