// Every event delivered twice, and reordered in windows of 20: the bank arrives where it arrives on a bus in perfect
// order, compared by hash. The market stands still, so that the plan alone decides where that is.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { openPostgresBus, registerBusTransport } from '@simplebank/events';
import { until } from '@simplebank/testkit';
import { differences, hashOf, readFinalState, type FinalState } from './final-state.ts';
import { checkLedger } from './running-bank.ts';
import { startedBank } from './started-bank.fixture.ts';
import { COPIES, unrulyBus, type UnrulyBus } from './unruly-bus.fixture.ts';
import { planUnruly, stillMarket } from './unruly-plan.fixture.ts';
import { carryOutPlan, type PlanRun } from './unruly-run.fixture.ts';
import { wiring } from './wired-bank.fixture.ts';

const seed = Number(process.env['UNRULY_SEED'] ?? 4);
const plan = planUnruly(seed, { steps: 200, rounds: 4 });
/** Far fewer than there are, far more than chance alone would bring without the windows. */
const inversionsAtLeast = 10;
/** Of a difference that concerns every order, the first ones say enough. */
const shownDifferences = 40;
const skip =
  wiring === 'services' && 'its transport lives in the process of the test, and the services in others';

interface Arrived {
  readonly run: PlanRun;
  readonly state: FinalState;
}

describe('every event twice, in disorder within windows of 20', { skip }, () => {
  let orderly: Arrived;
  let unruly: Arrived;
  let bus: UnrulyBus;
  before(async () => {
    orderly = await arrive();
    using _registered = registerBusTransport('postgres', async ({ url, log }) => {
      bus = unrulyBus({ inner: await openPostgresBus({ url, log }), seed, log });
      return bus;
    });
    unruly = await arrive(async () => {
      await until('every copy is handled', () => isAllHandled(bus));
      const buried = [...(await bus.deadLetterCounts()).values()];
      assert.deepEqual(
        buried,
        buried.map(() => 0),
        JSON.stringify(await bus.deadLetters({ limit: 3 })),
      );
    });
  });

  test('the final state is the same as in order, by its hash', (t) => {
    const found = differences(orderly.state, unruly.state);
    const shown = found.slice(0, shownDifferences).join('\n');
    assert.equal(hashOf(unruly.state), hashOf(orderly.state), `${found.length} differences:\n${shown}`);
    assert.deepEqual(unruly.run.refusals, orderly.run.refusals);
    const sizes = Object.entries(orderly.state).map(([name, rows]) => `${Object.keys(rows).length} ${name}`);
    t.diagnostic(`${hashOf(orderly.state)} of ${sizes.join(', ')}`);
  });

  test('live subscribers see each event once, in order, to the end', () => {
    for (const story of Object.values(unruly.run.followed)) {
      const sequences = story.map((line) => Number.parseInt(line, 10));
      assert.deepEqual(
        sequences,
        story.map((_, index) => index + 1),
      );
      assert.match(story.at(-1) ?? '', /ORDER_COMPLETED$/);
    }
    assert.ok(Object.keys(unruly.run.followed).length > plan.steps.length / 8);
  });

  test('the transport was as unruly as it says', (t) => {
    // Sessions end in no plan: who works for or follows that stream alone has nothing to be unruly with.
    const isGiven = ({ streams }: { streams: readonly string[] }): boolean =>
      streams.some((stream) => bus.published(stream) > 0);
    const groups = [...bus.groups()].filter(([, tally]) => isGiven(tally));
    const followers = bus.followers().filter(isGiven);
    const consumers = [...groups, ...followers.map((tally) => ['follower', tally] as const)];
    for (const [name, tally] of consumers) {
      const { streams, deliveries, taken, events, inversions, gaps, fullWindows, failures } = tally;
      t.diagnostic(
        `${name}: ${JSON.stringify({ streams, deliveries, taken, events, inversions, gaps, fullWindows })}`,
      );
      const published = streams.reduce((sum, stream) => sum + bus.published(stream), 0);
      assert.equal(events, published, `${name} was given every event`);
      assert.ok(deliveries >= COPIES * published, `${name} was given every event twice`);
      assert.ok(inversions >= inversionsAtLeast, `${name} saw ${inversions} events of an order too late`);
      assert.deepEqual(failures, [], `${name} failed at events that came twice or in disorder`);
    }
    // Of the fewer reports of the market a slow machine may never have 20 at once.
    const windows = consumers.map(([, tally]) => tally.fullWindows);
    assert.ok(Math.max(...windows) > 0, 'there were windows of 20');
    assert.ok((bus.groups().get('orders')?.gaps ?? 0) > 0, 'the inbox held what came too early');
    assert.deepEqual(groups.map(([name]) => name).toSorted(), ['bff-mobile', 'notifications', 'orders']);
    assert.equal(followers.length, 2);
  });

  test('a state with one event less, or one cent more, has another hash and says where', () => {
    const { stories = {}, balances = {} } = orderly.state;
    const [name, story] = Object.entries(stories).at(-1) ?? [];
    assert.ok(name !== undefined && Array.isArray(story));
    const withLess = { ...orderly.state, stories: { ...stories, [name]: story.slice(1) } };
    const [key, balance] = Object.entries(balances)[0] ?? [];
    assert.ok(key !== undefined && typeof balance === 'object');
    const withMore = { ...orderly.state, balances: { ...balances, [key]: { ...balance, posted: '1' } } };
    for (const [tampered, where] of [
      [withLess, name],
      [withMore, key],
    ] as const) {
      assert.notEqual(hashOf(tampered), hashOf(orderly.state));
      const found = differences(orderly.state, tampered);
      assert.ok(found.length > 0);
      assert.ok(found.every((line) => line.includes(where)));
    }
    assert.equal(hashOf(structuredClone(orderly.state)), hashOf(orderly.state));
  });
});

/** The plan carried out on a bank of its own, which is at rest then. */
async function arrive(rest: () => Promise<void> = () => Promise.resolve()): Promise<Arrived> {
  await using started = await startedBank(stillMarket);
  const { databaseUrls } = started.bank;
  const run = await carryOutPlan(started.bank, plan);
  // The last event of each order has been published then.
  await until('all orders are notified', async () => {
    const { orders = {}, notifications = {} } = await readFinalState(databaseUrls);
    return Object.keys(notifications).length === Object.keys(orders).length;
  });
  await rest();
  const state = await readFinalState(databaseUrls);
  const ledger = await checkLedger(started.dataDir);
  assert.ok(ledger.atRestAndTrue, ledger.output);
  return { run, state };
}

function isAllHandled(bus: UnrulyBus): boolean {
  return [...bus.groups().values(), ...bus.followers()].every(
    ({ streams, taken }) => taken >= COPIES * streams.reduce((sum, stream) => sum + bus.published(stream), 0),
  );
}
