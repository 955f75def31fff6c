// What every transport of the bus must do. A transport's test file calls `busContract` with how to open it.
import { strict as assert } from 'node:assert';
import { describe, test } from 'node:test';
import { deliveryContract } from './bus-delivery-contract.ts';
import { EventsLost, type Bus } from './bus.ts';
import type { BusUnderTest } from './bus-under-test.fixture.ts';
import { deadLetterContract } from './bus-dead-letter-contract.ts';
import { eventually, happened, interleaved, Recorded, story } from './events.fixture.ts';

export function busContract(name: string, start: () => Promise<BusUnderTest>): void {
  describe(`${name} keeps the bus contract`, () => {
    deliveryContract(start);
    deadLetterContract(start);
    replayContract(start);
    failureContract(start);
    markContract(start);
  });
}

function replayContract(start: () => Promise<BusUnderTest>): void {
  test('a replay from a cursor delivers what came after it, once more and in order', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const early = interleaved([story('a', 5), story('b', 5)]);
    const late = [happened('a', 6), happened('b', 6)];
    const recorded = new Recorded();
    await bus.publish('s', early);
    await bus.work({ group: 'g', streams: ['s'], handle: async (event) => recorded.add(event) });
    await recorded.reaches(early.length);
    await eventually(async () => stands(await bus.cursors('g'), early.length), 'the cursors to be stored');
    const cursors = await bus.cursors('g');
    await bus.publish('s', late);
    await recorded.reaches(early.length + late.length);

    recorded.events.length = 0;
    await bus.replay('g', cursors);
    await recorded.reaches(late.length);
    recorded.assertComplete(late);

    recorded.events.length = 0;
    await bus.replay('g', 'start');
    await recorded.reaches(early.length + late.length);
    recorded.assertComplete([...early, ...late]);
  });

  test('a replay from a time leaves out what was published before it', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    const early = story('a', 3);
    await bus.publish('s', early);
    await bus.work({ group: 'g', streams: ['s'], handle: async (event) => recorded.add(event) });
    await recorded.reaches(3);
    await eventually(async () => stands(await bus.cursors('g'), 3), 'the cursors to be stored');
    await eventually(() => Date.now() % 10 === 0, 'the next hundredth of a second');
    const between = new Date();
    const late = [happened('a', 4), happened('a', 5)];
    await bus.publish('s', late);
    await recorded.reaches(5);
    recorded.events.length = 0;
    await bus.replay('g', between);
    await recorded.reaches(2);
    recorded.assertComplete(late);
  });

  test('a new group begins with the oldest event', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const events = story('a', 10);
    await bus.publish('s', events);
    const recorded = new Recorded();
    await bus.work({ group: 'late', streams: ['s'], handle: async (event) => recorded.add(event) });
    await recorded.reaches(10);
    recorded.assertComplete(events);
  });
}

function markContract(start: () => Promise<BusUnderTest>): void {
  test('what a mark says is kept: publishing goes on from it, and a look without events changes nothing', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const other = await transport.open();
    const recorded = new Recorded();
    await bus.work({ group: 'g', streams: ['s'], handle: async (event) => recorded.add(event) });
    const events = interleaved(Array.from({ length: 10 }, (_, index) => story(`a${index}`, 4)));
    let mark = await bus.publish('s', events.slice(0, 10));
    for (let at = 10; at < events.length; at += 10) {
      mark = await bus.publish('s', events.slice(at, at + 10), mark);
      assert.equal(await other.publish('s', [], mark), mark);
    }
    await recorded.reaches(events.length);
    recorded.assertComplete(events);
    await eventually(() => bus.settled('s', mark), 'all that the mark covers to be settled');
  });

  test('with a mark that it has not given a bus writes nothing, and says so', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    await bus.follow({ streams: ['s'], from: 'start', onEvent: recorded.add });
    const [first, second] = story('a', 2);
    assert.ok(first && second);
    const lost = await bus.publish('s', [second], 'of another transport').catch((error: unknown) => error);
    assert.ok(lost instanceof EventsLost);
    assert.equal(lost.everything, true);
    await bus.publish('s', [first, second], lost.mark);
    await recorded.reaches(2);
    recorded.assertComplete([first, second]);
  });
}

/** Positions count events. */
function stands(cursors: readonly { position: string }[], events: number): boolean {
  return cursors.reduce((sum, { position }) => sum + Number.parseInt(position, 10), 0) === events;
}

function failureContract(start: () => Promise<BusUnderTest>): void {
  test('a killed worker’s partitions are taken over within three seconds', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const events = interleaved(Array.from({ length: 16 }, (_, index) => story(`a${index}`, 3)));
    await bus.publish('s', events);
    let begun = 0;
    const worker = await transport.startHangingWorker({
      group: 'g',
      stream: 's',
      onEvent: () => (begun += 1),
    });
    await eventually(() => begun >= 16, 'the worker to hold events of every aggregate');
    worker.kill();
    const killedAt = performance.now();
    const recorded = new Recorded();
    await bus.work({ group: 'g', streams: ['s'], handle: async (event) => recorded.add(event) });
    await recorded.reaches(events.length);
    assert.ok(performance.now() - killedAt < 3_000, `took ${performance.now() - killedAt} ms`);
    recorded.assertComplete(events);
  });

  test('connections that drop in the middle lose nothing', async () => {
    await using transport = await start();
    const publisher = await transport.open();
    const bus = await transport.open();
    const events = interleaved(Array.from({ length: 10 }, (_, index) => story(`a${index}`, 40)));
    const worked = new Map<string, number[]>();
    const followed = new Set<string>();
    await bus.work({
      group: 'g',
      streams: ['s'],
      async handle({ aggregateId, sequence }) {
        const sequences = worked.get(aggregateId) ?? [];
        // As an inbox would: a repetition is dropped, a hole must not be.
        if (sequence <= sequences.length) return;
        assert.equal(sequence, sequences.length + 1);
        worked.set(aggregateId, [...sequences, sequence]);
      },
    });
    await bus.follow({ streams: ['s'], from: 'now', onEvent: (event) => void followed.add(event.id) });
    for (let index = 0; index < events.length; index += 10) {
      if (index === 100 || index === 250) await transport.dropConnections();
      await publishInTheEnd(publisher, events.slice(index, index + 10));
    }
    await eventually(
      () => [...worked.values()].flat().length === events.length,
      'the group to have handled all',
    );
    await eventually(() => followed.size === events.length, 'the follower to have seen all');
    assert.deepEqual(await bus.deadLetters(), []);
  });
}

/** As the relay does: again until it holds. */
async function publishInTheEnd(bus: Bus, events: Parameters<Bus['publish']>[1]): Promise<void> {
  await eventually(
    () =>
      bus.publish('s', events).then(
        () => true,
        () => false,
      ),
    'a publish to succeed',
  );
}
