// A subgraph's service as the bank would start it, alone: real database, real HTTP, tokens of any customer, and
// another service's client for its internal endpoints.
import type { StartService } from '@simplebank/chassis';
import { testDatabase } from './test-database.ts';
import { testHost, type LogLine } from './test-host.ts';
import { testIdentity } from './test-identity.ts';
import type { GraphQLAnswer } from './bank-client.ts';

export interface TestSubgraphOptions {
  readonly service: string;
  readonly start: StartService;
  readonly environment?: Readonly<Record<string, string>>;
  /** Gives it a bus, in its own database. */
  readonly bus?: boolean;
}

export interface TestCaller {
  readonly customerId: string;
  readonly accountIds: readonly string[];
}

export type TestSubgraph = Awaited<ReturnType<typeof testSubgraph>>;

export async function testSubgraph({ service, start, environment, bus = false }: TestSubgraphOptions) {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await testDatabase());
  const busDatabase = bus ? stack.use(await testDatabase()) : undefined;
  const identity = stack.use(await testIdentity());
  const host = stack.use(
    testHost({
      service,
      issuer: identity.issuer,
      addresses: { identity: identity.address },
      databaseUrl: database.url,
      ...(busDatabase === undefined ? {} : { busUrl: busDatabase.url }),
      ...(environment === undefined ? {} : { environment }),
    }),
  );
  const { url, metrics } = await start(host.host);
  const peer = stack.use(testHost({ service: 'another-service', addresses: { [service]: url } }));
  const parts = stack.move();
  return {
    url,
    metrics,
    db: database.db,
    host: host.host,
    logs: host.logs as readonly LogLine[],
    /** Calls its internal endpoints, as another service does. */
    call: peer.host.client.call,
    /** Asks it as the gateway does for this caller; without one there is no token. */
    async ask<Data = Record<string, unknown>>(
      caller: TestCaller | undefined,
      query: string,
      variables: Readonly<Record<string, unknown>> = {},
    ): Promise<GraphQLAnswer<Data>> {
      const authorization =
        caller === undefined ? {} : { authorization: `Bearer ${identity.tokenFor(caller)}` };
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as GraphQLAnswer<Data>;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
