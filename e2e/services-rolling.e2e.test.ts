// Every service of the bank of many processes is replaced while orders arrive: no request fails (a refused connection
// may be tried once more), no subscriber misses an event, and replicas come and go without a restart of the others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { until } from '@simplebank/testkit';
import { services, type ServiceName } from '../topology.ts';
import { assertAllAddsUp } from './adds-up.fixture.ts';
import { completedPerSecond, steadyRate } from './capacity.fixture.ts';
import { exchangeControl } from './exchange-control.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { startLoad, type SteadyLoad } from './steady-load.fixture.ts';

/** Orders a second where the machine can take it (capacity.fixture.ts). */
const wantedPerSecond = Number(process.env['ROLLING_RATE'] ?? 20);
/** Each order is also read through all subgraphs, some with a new sign-in: together they cost so many times an order. */
const costWithReads = 2;
const finishedWithinMs = 60_000;

let started: StartedBank;
let perSecond: number;
before(async () => {
  started = await startedBank();
  perSecond = steadyRate(wantedPerSecond, (await completedPerSecond(served())) / costWithReads);
});
after(() => started[Symbol.asyncDispose]());

function served() {
  const { identity, 'bff-web': bff, 'bff-mobile': readsAlsoAt } = started.bank.addresses;
  return { addresses: { identity, bff }, readsAlsoAt };
}

function loadFor(run: string): SteadyLoad {
  return startLoad({ ...served(), perSecond, run });
}

function processes() {
  return started.bank.processes ?? assert.fail('these tests are for the bank of many processes');
}

async function judge(run: string, load: SteadyLoad): Promise<void> {
  await load.finish(finishedWithinMs);
  const failed = load.orders.filter(({ failures }) => failures.some((failure) => failure !== 'ECONNREFUSED'));
  assert.deepEqual(
    failed.map(({ clientOrderId, failures }) => `${clientOrderId}: ${failures.join()}`),
    [],
  );
  for (const { clientOrderId, failures, story } of load.orders) {
    assert.ok(failures.length <= 1, `${clientOrderId} was refused a connection ${failures.length} times`);
    assert.equal(story?.events.at(-1)?.type, 'ORDER_COMPLETED', clientOrderId);
    assert.deepEqual(
      story.events.map(({ sequence }) => sequence),
      story.events.map((_, index) => index + 1),
      clientOrderId,
    );
  }
  await assertAllAddsUp({
    run,
    sent: load.orders,
    sessions: load.sessions,
    exchange: exchangeControl(`http://127.0.0.1:${started.bank.exchange.controlPort}`),
    ledgerUrl: started.bank.databaseUrls['accounts'] ?? '',
    dataDir: started.dataDir,
  });
}

test('every service is replaced under a steady load, and no request fails', async (t) => {
  const run = `rolling-${crypto.randomUUID()}-`;
  await using load = loadFor(run);
  await setTimeout(1_000);
  for (const service of Object.keys(services) as ServiceName[]) {
    const from = performance.now();
    const pids = processes()
      .replicas(service)
      .map((replica) => replica.pid());
    await processes().roll(service);
    const successors = processes()
      .replicas(service)
      .map((replica) => replica.pid());
    assert.equal(successors.length, pids.length);
    assert.ok(successors.every((pid) => pid !== undefined && !pids.includes(pid)));
    t.diagnostic(
      `${service}: ${pids.length} replaced in ${((performance.now() - from) / 1000).toFixed(1)} s`,
    );
  }
  await judge(run, load);
  const refused = load.orders.filter(({ failures }) => failures.length > 0).length;
  t.diagnostic(
    `${load.orders.length} orders, ${perSecond} a second: ${refused} connections were refused and tried once more`,
  );
});

test('a replica that is added takes its share without a restart of the others, and leaves without a failure', async () => {
  const run = `scaled-${crypto.randomUUID()}-`;
  await using load = loadFor(run);
  const [added, ordersAdded] = await Promise.all([processes().add('fees'), processes().add('orders')]);
  for (const { url } of [added, ordersAdded]) {
    await until('the new replica is asked', async () => (await requestsOf(url)) > 0);
  }
  await processes().remove(added);
  await processes().remove(ordersAdded);
  await judge(run, load);
});

/** Requests that the service has answered, but those that are about itself. */
async function requestsOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(/^http_request_seconds_count\{([^}]*)\} (\d+)$/gm);
  let sum = 0;
  for (const [, labels = '', value] of counts) {
    if (!/route="\/(metrics|healthz|readyz)"/.test(labels)) sum += Number(value);
  }
  return sum;
}
