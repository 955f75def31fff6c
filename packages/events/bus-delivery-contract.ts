// The part of the bus contract about delivery: order, each once per group, all to every follower.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { BusUnderTest } from './bus-under-test.fixture.ts';
import { eventually, happened, interleaved, Recorded, story } from './events.fixture.ts';

export function deliveryContract(start: () => Promise<BusUnderTest>): void {
  test('every group gets each event once, and each aggregate’s events in order', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const events = interleaved(Array.from({ length: 20 }, (_, index) => story(`a${index}`, 30)));
    const first = new Recorded();
    const second = new Recorded();
    await bus.work({ group: 'first', streams: ['s'], handle: async (event) => first.add(event) });
    await bus.work({ group: 'second', streams: ['s'], handle: async (event) => second.add(event) });
    for (let index = 0; index < events.length; index += 7)
      await bus.publish('s', events.slice(index, index + 7));
    await first.reaches(events.length);
    await second.reaches(events.length);
    first.assertComplete(events);
    second.assertComplete(events);
    assert.deepEqual(
      first.events[0],
      events.find((event) => event.id === first.events[0]?.id),
    );
  });

  test('events of different aggregates are handled next to each other, of one aggregate never', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const running = new Map<string, number>();
    let most = 0;
    let handled = 0;
    await bus.publish('s', interleaved(Array.from({ length: 12 }, (_, index) => story(`a${index}`, 5))));
    await bus.work({
      group: 'g',
      streams: ['s'],
      concurrency: 4,
      async handle({ aggregateId }) {
        running.set(aggregateId, (running.get(aggregateId) ?? 0) + 1);
        assert.equal(running.get(aggregateId), 1);
        most = Math.max(
          most,
          [...running.values()].reduce((sum, count) => sum + count),
        );
        for (let turns = 0; turns < 20; turns += 1) await turn();
        running.set(aggregateId, 0);
        handled += 1;
      },
    });
    await eventually(() => handled === 60, 'all events to be handled');
    assert.equal(most, 4);
    assert.deepEqual(await bus.deadLetters(), []);
  });

  test('two workers of a group share the events', async () => {
    await using transport = await start();
    const one = await transport.open();
    const two = await transport.open();
    const recorded = new Recorded();
    const handledBy = { one: 0, two: 0 };
    const worker = (name: 'one' | 'two') => async (event: Parameters<Recorded['add']>[0]) => {
      handledBy[name] += 1;
      recorded.add(event);
    };
    await one.work({ group: 'g', streams: ['s'], handle: worker('one') });
    const events = interleaved(Array.from({ length: 32 }, (_, index) => story(`a${index}`, 200)));
    let published = 0;
    const publishSome = async (): Promise<void> => {
      await one.publish('s', events.slice(published, published + 32));
      published += 32;
    };
    await publishSome();
    await recorded.reaches(32);
    const consumer = await two.work({ group: 'g', streams: ['s'], handle: worker('two') });
    await eventually(async () => {
      await publishSome();
      return handledBy.two > 0;
    }, 'the second worker to get a share');
    const before = handledBy.one;
    await eventually(async () => {
      await publishSome();
      return handledBy.one > before;
    }, 'the first worker to keep a share');
    await consumer.stop();
    const { two: untilStop } = handledBy;
    await publishSome();
    await recorded.reaches(published);
    recorded.assertComplete(events.slice(0, published));
    assert.equal(handledBy.two, untilStop);
  });

  test('every follower gets all events; “now” leaves out what was published before', async () => {
    await using transport = await start();
    const publisher = await transport.open();
    const other = await transport.open();
    const early = story('a', 3);
    const late = interleaved([story('b', 20), story('c', 20)]);
    await publisher.publish('s', early);
    const fromStart = new Recorded();
    const fromNow = new Recorded();
    const elsewhere = new Recorded();
    await publisher.follow({ streams: ['s'], from: 'start', onEvent: fromStart.add });
    await publisher.follow({ streams: ['s'], from: 'now', onEvent: fromNow.add });
    await other.follow({ streams: ['s', 't'], from: 'now', onEvent: elsewhere.add });
    await publisher.publish('s', late);
    const foreign = [happened('x', 1)];
    await publisher.publish('t', foreign);
    await fromStart.reaches(early.length + late.length);
    await fromNow.reaches(late.length);
    await elsewhere.reaches(late.length + 1);
    fromStart.assertComplete([...early, ...late]);
    fromNow.assertComplete(late);
    elsewhere.assertComplete([...late, ...foreign]);
  });

  test('a follower’s failure skips the event and goes on', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    await bus.follow({
      streams: ['s'],
      from: 'now',
      onEvent(event) {
        if (event.sequence === 2) throw new Error('a follower that fails');
        recorded.add(event);
      },
    });
    await bus.publish('s', story('a', 3));
    await recorded.reaches(2);
    assert.deepEqual(recorded.sequences('a'), [1, 3]);
  });

  test('an event that is published twice is delivered once', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const events = story('a', 5);
    const recorded = new Recorded();
    await bus.work({ group: 'g', streams: ['s'], handle: async (event) => recorded.add(event) });
    await bus.publish('s', events.slice(0, 3));
    await Promise.all([
      bus.publish('s', events),
      bus.publish('s', events),
      bus.publish('s', [...events, ...events]),
    ]);
    const last = happened('a', 6);
    await bus.publish('s', [last]);
    await eventually(() => recorded.ids().includes(last.id), 'the last event');
    recorded.assertComplete([...events, last]);
  });

  test('concurrent publishers lose nothing', async () => {
    await using transport = await start();
    const buses = [await transport.open(), await transport.open()];
    const [reader] = buses;
    assert.ok(reader);
    const recorded = new Recorded();
    const followed = new Recorded();
    await reader.work({ group: 'g', streams: ['s'], handle: async (event) => recorded.add(event) });
    await reader.follow({ streams: ['s'], from: 'now', onEvent: followed.add });
    const stories = Array.from({ length: 8 }, (_, index) => story(`a${index}`, 60));
    await Promise.all(
      stories.map(async (events, index) => {
        const bus = buses[index % 2];
        for (let at = 0; at < events.length; at += 3) await bus?.publish('s', events.slice(at, at + 3));
      }),
    );
    await recorded.reaches(480);
    await followed.reaches(480);
    recorded.assertComplete(stories.flat());
    followed.assertComplete(stories.flat());
  });
}
