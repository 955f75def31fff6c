// Everything that works on orders in one process, wired: the store, the relay of its events, the saga runner, and
// the reader of the market's reports. They stop in the reverse order, so that each finds what it needs.
import type { ServiceHost } from '@simplebank/chassis';
import { marketStream, ordersStream } from '@simplebank/contracts';
import { busOf, eventsMigrations, publishingInSpans, startRelay } from '@simplebank/events';
import { sagaMigrations, startSagaRunner, type SagaRunner } from '@simplebank/saga';
import { placeOrderSaga } from './domain/place-order-saga.ts';
import { marketConsumer, takeMarketReports } from './events.ts';
import { openFeeRuleStore } from './fee-rule-store.ts';
import { createOrderChanges } from './order-changes.ts';
import { factTimeoutMs } from './order-facts.ts';
import { stepTimeoutMs } from './saga-commands.ts';
import { createSagaPort } from './saga-port.ts';
import { createService, type OrdersService } from './service.ts';
import { createStore, type OrdersStore } from './store.ts';
import { createWorld } from './world.ts';

export interface OrdersParts {
  readonly service: OrdersService;
  readonly store: OrdersStore;
  readonly runner: SagaRunner;
}

export async function wireOrders(host: ServiceHost): Promise<OrdersParts> {
  const { client, log, tracing } = host;
  const database = await host.database(
    { name: 'orders', folder: new URL('./migrations/', import.meta.url) },
    { name: 'events', folder: eventsMigrations },
    { name: 'saga', folder: sagaMigrations },
  );
  const bus = await busOf(host);
  const published = publishingInSpans(bus, tracing);
  const relay = await startRelay({ database, bus: published, stream: ordersStream, log });
  host.onStop(() => relay.stop());

  const store = createStore(database);
  const changes = createOrderChanges({ store, relay, log });
  const feeRules = await openFeeRuleStore(database);
  const patient = createWorld(client, feeRules, stepTimeoutMs);
  const port = createSagaPort({ client, world: patient, feeRules, store, changes, tracing });
  // An alarm belongs on this one: a stuck saga waits for an operator, who calls resumeSaga.
  const onStuck = host.metrics.counter('sagas_stuck_total', 'Sagas that cannot move by themselves.');
  const runner = startSagaRunner({ database, definition: placeOrderSaga, port, log, onStuck });
  host.onStop(() => runner.stop());

  const handle = takeMarketReports({ database, store, changes, runner, tracing });
  const consumer = await bus.work({ group: marketConsumer, streams: [marketStream], handle });
  host.onStop(() => consumer.stop());

  const prompt = createWorld(client, feeRules, factTimeoutMs);
  const service = createService({ database, store, changes, world: prompt, feeRules, runner, log });
  return { service, store, runner };
}
