// The peer: @apollo/server with graphql-ws as Apollo's documentation sets them up (Subscriptions), with its PubSub. The
// HTTP side has no part in the bench and is left out. What the bus says is published to those who follow the order.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { buildSchema } from 'graphql';
import { PubSub } from 'graphql-subscriptions';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { openPostgresBus } from '@simplebank/events';
import { settingsOfProcess } from './answer-questions.ts';
import { answerAsServer } from './server-questions.ts';
import { schemaFile, type OrderUpdate } from './story.ts';

const { busUrl } = settingsOfProcess<{ busUrl: string }>();
const schema = buildSchema(readFileSync(schemaFile, 'utf8'));
const pubsub = new PubSub();
const field = schema.getSubscriptionType()?.getFields()['orderUpdated'];
if (field === undefined) throw new Error('the schema has no orderUpdated');
field.subscribe = (_source, { orderId }: { orderId: string }) =>
  pubsub.asyncIterableIterator(`ORDER_UPDATED ${orderId}`);

const httpServer = createServer();
const sockets = new WebSocketServer({ server: httpServer, path: '/graphql' });
const serverCleanup = useServer({ schema }, sockets);
const server = new ApolloServer({
  schema,
  plugins: [
    ApolloServerPluginDrainHttpServer({ httpServer }),
    { serverWillStart: async () => ({ drainServer: async () => void (await serverCleanup.dispose()) }) },
  ],
});
await server.start();
const log = { warn: () => undefined, error: () => undefined };
const bus = await openPostgresBus({ url: busUrl, log });
await bus.follow({
  streams: ['orders'],
  from: 'now',
  onEvent: ({ aggregateId, data }) =>
    pubsub.publish(`ORDER_UPDATED ${aggregateId}`, { orderUpdated: data as OrderUpdate }),
});
httpServer.listen(0, '127.0.0.1');
await once(httpServer, 'listening');
answerAsServer((httpServer.address() as AddressInfo).port);
