// The part of the bus contract about handlers that fail: tries, dead letters, parked aggregates, retries.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import type { BusUnderTest } from './bus-under-test.fixture.ts';
import { eventually, happened, interleaved, Recorded, story } from './events.fixture.ts';
import { SequenceGap } from './handler-faults.ts';

export function deadLetterContract(start: () => Promise<BusUnderTest>): void {
  test('a handler that fails now and then is tried again until it succeeds', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    let tries = 0;
    await bus.work({
      group: 'g',
      streams: ['s'],
      attempts: 3,
      async handle(event) {
        if (event.sequence === 2 && ++tries < 3) throw new Error('not yet');
        recorded.add(event);
      },
    });
    const events = story('a', 4);
    await bus.publish('s', events);
    await recorded.reaches(4);
    recorded.assertComplete(events);
    assert.equal(tries, 3);
    assert.deepEqual(await bus.deadLetters(), []);
  });

  test('a poison event parks its aggregate, the others go on, and a retry puts it back in order', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    let healed = false;
    const work = {
      group: 'g',
      streams: ['s'],
      attempts: 2,
      async handle(event: Parameters<Recorded['add']>[0]): Promise<void> {
        if (event.aggregateId === 'bad' && event.sequence === 2 && !healed) throw new Error('poison');
        recorded.add(event);
      },
    };
    const consumer = await bus.work(work);
    await bus.publish('s', interleaved([story('bad', 4), story('good', 4)]));
    const letters = async (): Promise<number> => (await bus.deadLetters({ group: 'g' })).length;
    await eventually(async () => (await letters()) === 3, 'three dead letters');
    await eventually(() => recorded.sequences('good').length === 4, 'the other aggregate to go on');
    assert.deepEqual(recorded.sequences('bad'), [1]);
    const dead = await bus.deadLetters({ group: 'g', aggregateId: 'bad' });
    assert.deepEqual(
      dead.map(({ event, attempts, error }) => [event.sequence, attempts, error.includes('poison')]),
      [
        [2, 2, true],
        [3, 0, false],
        [4, 0, false],
      ],
    );

    // Another process takes the group over and knows that the aggregate is parked.
    await consumer.stop();
    const other = await transport.open();
    await other.work(work);
    await bus.publish('s', [happened('bad', 5)]);
    await eventually(async () => (await letters()) === 4, 'the next event to be parked as well');

    assert.equal(await bus.retryDeadLetters('g', 'bad'), 4);
    await eventually(
      async () => (await bus.deadLetters({ group: 'g' }))[0]?.error.includes('poison') === true,
      'it',
    );
    assert.equal(await letters(), 4);
    assert.deepEqual(recorded.sequences('bad'), [1]);

    healed = true;
    await bus.retryDeadLetters('g', 'bad');
    await bus.publish('s', [happened('bad', 6)]);
    await eventually(() => recorded.sequences('bad').length === 6, 'all events of the aggregate');
    assert.deepEqual(recorded.sequences('bad'), [1, 2, 3, 4, 5, 6]);
    await eventually(async () => (await letters()) === 0, 'no dead letters');
  });

  test('dead letters of one group do not concern another', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    await bus.work({
      group: 'bad',
      streams: ['s'],
      attempts: 1,
      handle: () => Promise.reject(new Error('poison')),
    });
    await bus.work({ group: 'good', streams: ['s'], handle: async (event) => recorded.add(event) });
    await bus.publish('s', story('a', 3));
    await recorded.reaches(3);
    await eventually(
      async () => (await bus.deadLetters({ group: 'bad' })).length === 3,
      'three dead letters',
    );
    assert.deepEqual(await bus.deadLetters({ group: 'good' }), []);
  });

  test('an infrastructure fault is retried without being counted', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    let tries = 0;
    await bus.work({
      group: 'g',
      streams: ['s'],
      attempts: 1,
      async handle(event) {
        tries += 1;
        if (tries < 4)
          throw new Error('wrapped', { cause: Object.assign(new Error('away'), { retryForever: true }) });
        recorded.add(event);
      },
    });
    await bus.publish('s', story('a', 2));
    await recorded.reaches(2);
    assert.equal(tries, 5);
    assert.deepEqual(await bus.deadLetters(), []);
  });

  test('an event that waits for its infrastructure keeps no other aggregate waiting', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    let away = true;
    await bus.work({
      group: 'g',
      streams: ['s'],
      async handle(event) {
        if (away && event.aggregateId === 'stuck') {
          throw Object.assign(new Error('away'), { retryForever: true });
        }
        recorded.add(event);
      },
    });
    const stuck = story('stuck', 2);
    await bus.publish('s', stuck);
    // More than a consumer takes in at once, in every partition.
    const others = interleaved(Array.from({ length: 40 }, (_, index) => story(`a${index}`, 100)));
    await bus.publish('s', others);
    await recorded.reaches(others.length);
    away = false;
    await recorded.reaches(others.length + stuck.length);
    recorded.assertComplete([...others, ...stuck]);
  });

  test('a sequence gap is waited for without being counted, but not for ever', async () => {
    await using transport = await start();
    const bus = await transport.open();
    const recorded = new Recorded();
    let tries = 0;
    await bus.work({
      group: 'g',
      streams: ['s'],
      attempts: 1,
      gapPatienceMs: 500,
      async handle(event) {
        if (event.aggregateId === 'hole') throw new SequenceGap(event);
        tries += 1;
        if (tries < 3) throw new SequenceGap(event);
        recorded.add(event);
      },
    });
    await bus.publish('s', [happened('healed', 2), happened('hole', 2)]);
    await recorded.reaches(1);
    await eventually(async () => (await bus.deadLetters()).length === 1, 'the hole to be given up');
    assert.match((await bus.deadLetters())[0]?.error ?? '', /SequenceGap/);
  });
}
