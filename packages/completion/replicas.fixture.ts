// BFFs with a bus connection each, as in processes behind a load balancer, before a scripted gateway that knows one
// order's log; and the bus that tells them what happens.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresBus, uuidv7, type EventEnvelope } from '@simplebank/events';
import { answerJson, bankClient, testDatabase, testHost, testIdentity, testPeer } from '@simplebank/testkit';
import { serveClientApi } from './client-api.ts';
import { afterName, finalAlias, sequenceAlias } from './live/twin.ts';

const apiSchema = `
  type Query { orderUpdates(orderId: ID!, afterSequence: Int, first: Int!): [OrderUpdate!]! }
  type Subscription { orderUpdated(orderId: ID!, after: String): OrderUpdate! }
  type OrderUpdate { sequence: Int! final: Boolean! event: String! }
`;
const liveFields = { orderUpdated: { twin: 'orderUpdates', key: 'orderId', stream: 'orders' } };
/** The order's last event. */
export const lastSequence = 9;

/** One order's log behind a scripted gateway, two BFFs and a client of each. */
export async function openBffs() {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'completion-test-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const apiSchemaFile = join(folder, 'api.graphql');
  await writeFile(apiSchemaFile, apiSchema);
  const database = stack.use(await testDatabase());
  const identity = stack.use(await testIdentity());
  let happened = 0;
  const gateway = stack.use(
    await testPeer((request, response) => {
      const { variables } = JSON.parse(request.body) as { variables: Record<string, number | null> };
      const log = Array.from({ length: happened }, (_, index) => index + 1);
      const orderUpdated = log
        .filter((sequence) => sequence > (variables[afterName] ?? 0))
        .map((sequence) => ({
          event: `event ${sequence}`,
          [sequenceAlias]: sequence,
          [finalAlias]: sequence === lastSequence,
        }));
      answerJson(response, { data: { orderUpdated } });
    }),
  );
  const token = identity.tokenFor({ customerId: 'cus-ada', accountIds: [] });
  const openBff = async (name: string, owner: AsyncDisposableStack = stack) => {
    const bff = owner.use(
      testHost({
        service: 'bff-web',
        issuer: identity.issuer,
        // Hosts of one process share the bus of one URL; these must not.
        busUrl: `${database.url}?application_name=${name}`,
        addresses: { gateway: gateway.address, identity: identity.address },
      }),
    );
    const sessionEnds = { stream: 'sessions' };
    const options = { apiSchemaFile, cursorSecret: 'x'.repeat(32), liveFields, sessionEnds };
    return (await serveClientApi(bff.host, options)).url;
  };
  const openClient = (bffUrl: string) => {
    const client = bankClient({ bffUrl, token });
    stack.defer(() => client.close());
    return client;
  };
  const urls = [await openBff('one'), await openBff('other')] as const;
  const clients = [openClient(urls[0]), openClient(urls[1])] as const;
  const bus = stack.use(await openPostgresBus({ url: database.url, log: quiet }));
  const opened = stack.move();
  return {
    clients,
    urls,
    identity,
    openAnother: () => openBff('another', opened),
    async happens() {
      happened += 1;
      await bus.publish('orders', [eventOf('OrderExecuted', 'ord-1', happened)]);
    },
    async sessionEnds(sessionId: string, occurredAt = new Date()) {
      await bus.publish('sessions', [eventOf('SessionEnded', sessionId, 1, occurredAt)]);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const quiet = { warn: () => undefined, error: () => undefined };

function eventOf(
  type: string,
  aggregateId: string,
  sequence: number,
  occurredAt = new Date(),
): EventEnvelope {
  return {
    id: uuidv7(),
    type,
    version: 1,
    source: 'test',
    aggregateId,
    sequence,
    correlationId: 'correlation-1',
    causationId: null,
    traceparent: null,
    occurredAt: occurredAt.toISOString(),
    data: {},
  };
}
