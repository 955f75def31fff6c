// The three that clients can reach over GraphQL, the gateway and both BFFs before it, by their own main.ts and over the
// bank's own supergraph. The market behind them is scripted, the other subgraphs are down.
import { testDatabase, testHost, testIdentity, testPeer, answerJson } from '@simplebank/testkit';
import { start as startMobile } from '../bff-mobile/main.ts';
import { start as startWeb } from '../bff-web/main.ts';
import { start as startGateway } from '../gateway/main.ts';

export const frontNames = ['gateway', 'bff-web', 'bff-mobile'] as const;
export type FrontName = (typeof frontNames)[number];

export interface ClientFronts extends AsyncDisposable {
  readonly urls: Readonly<Record<FrontName, string>>;
  readonly token: string;
  /** Requests that reached a subgraph. */
  marketRequests(): number;
}

/** Set up as in production: nobody may ask for the schema. */
export async function openClientFronts(
  environment: Readonly<Record<string, string>> = {},
): Promise<ClientFronts> {
  await using started = new AsyncDisposableStack();
  const database = started.use(await testDatabase());
  const identity = started.use(await testIdentity());
  const market = started.use(
    await testPeer((_request, response) => answerJson(response, { data: { instruments: [] } })),
  );
  const secrets = Object.fromEntries(
    ['CURSOR_SECRET', 'SESSION_SECRET', 'BFF_WEB_CLIENT_SECRET'].map((name) => [name, 'x'.repeat(32)]),
  );
  const host = (service: string, addresses: Readonly<Record<string, string>>) =>
    started.use(
      testHost({
        service,
        issuer: identity.issuer,
        databaseUrl: database.url,
        busUrl: database.url,
        addresses: { identity: identity.address, ...addresses },
        environment: { INTROSPECTION: '0', ...secrets, ...environment },
      }),
    ).host;
  const gateway = await startGateway(host('gateway', { market: market.address }));
  const web = await startWeb(host('bff-web', { gateway: gateway.url }));
  const mobile = await startMobile(host('bff-mobile', { gateway: gateway.url }));
  const whole = started.move();
  return {
    urls: { gateway: gateway.url, 'bff-web': web.url, 'bff-mobile': mobile.url },
    token: identity.tokenFor({ customerId: 'cus-ada', accountIds: [] }),
    marketRequests: () => market.requests.length,
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}
