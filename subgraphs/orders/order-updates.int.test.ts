// orderUpdates while the order goes on: an event is committed between its two reads, of the order and of its events.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTypeDefs, type StartService } from '@simplebank/chassis';
import { eventsMigrations } from '@simplebank/events';
import { testSubgraph } from '@simplebank/testkit';
import { createLoaders } from './loaders.ts';
import { createResolvers } from './resolvers.ts';
import { append, insert, story, termsOf } from './store.fixture.ts';
import { createStore } from './store.ts';

const caller = { customerId: 'cus-1', accountIds: ['acc-1'] };
const query = `query ($id: ID!, $after: Int) { orderUpdates(orderId: $id, afterSequence: $after) {
  sequence event { sequence type } order { id sequence status }
} }`;

interface Updates {
  orderUpdates: {
    sequence: number;
    event: { sequence: number; type: string };
    order: { id: string; sequence: number; status: string };
  }[];
}

test('an event that is committed between the two reads comes with the order at or past it', async () => {
  const terms = termsOf();
  const unused = () => Promise.reject(new Error('only orderUpdates is asked'));
  const start: StartService = async (host) => {
    const database = await host.database(
      { name: 'orders', folder: new URL('./migrations/', import.meta.url) },
      { name: 'events', folder: eventsMigrations },
    );
    const store = createStore(database);
    await insert(database, store, terms);
    let late = story.slice(0, 3);
    const racing: typeof store = {
      ...store,
      async events(wanted) {
        await append(database, store, terms.id, late);
        late = [];
        return store.events(wanted);
      },
    };
    return host.serveSubgraph({
      typeDefs: readTypeDefs(import.meta.url),
      resolvers: createResolvers({ placeOrder: unused, previewOrder: unused, cancelOrder: unused }),
      loaders: () => createLoaders(racing, { view: unused }),
    });
  };
  await using orders = await testSubgraph({ service: 'orders', start });
  const { data, errors } = await orders.ask<Updates>(caller, query, { id: terms.id, after: 0 });
  assert.equal(errors, undefined);
  assert.deepEqual(
    data?.orderUpdates.map(({ event }) => event.type),
    ['ORDER_CREATED', 'FEE_QUOTED', 'STOCK_RESERVED', 'ORDER_ROUTED'],
  );
  assert.deepEqual(
    new Set(data?.orderUpdates.map(({ order }) => JSON.stringify(order))),
    new Set([JSON.stringify({ id: terms.id, sequence: 4, status: 'ROUTED' })]),
  );
});
