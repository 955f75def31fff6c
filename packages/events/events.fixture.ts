// What the tests of this package share: events to send, a record of what arrived, bounded waiting.
import { strict as assert } from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import type { BusLog } from './bus.ts';
import type { EventEnvelope } from './envelope.ts';
import { uuidv7 } from './uuidv7.ts';

/** Far above what any of it takes on a busy machine: a test that waits this long has failed. */
const PATIENCE_MS = 15_000;

export const silentLog: BusLog = { warn: () => undefined, error: () => undefined };

export function happened(aggregateId: string, sequence: number, source = 'test'): EventEnvelope {
  return {
    id: uuidv7(),
    type: 'SomethingHappened',
    version: 1,
    source,
    aggregateId,
    sequence,
    correlationId: 'correlation',
    causationId: null,
    traceparent: null,
    occurredAt: '2026-01-05T09:30:00.000Z',
    data: { note: 'ä "quoted" \\ text' },
  };
}

/** Events 1..count of one aggregate. */
export function story(aggregateId: string, count: number): EventEnvelope[] {
  return Array.from({ length: count }, (_, index) => happened(aggregateId, index + 1));
}

/** The stories' events as they would be published: one of each aggregate in turn. */
export function interleaved(stories: readonly (readonly EventEnvelope[])[]): EventEnvelope[] {
  const longest = Math.max(...stories.map((events) => events.length));
  return Array.from({ length: longest }, (_, index) =>
    stories.flatMap((events) => events[index] ?? []),
  ).flat();
}

export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `waited in vain: ${what}`);
    await pause(5);
  }
}

export class Recorded {
  readonly events: EventEnvelope[] = [];
  readonly add = (event: EventEnvelope): void => void this.events.push(event);

  async reaches(count: number): Promise<void> {
    await eventually(() => this.events.length >= count, `${count} events, ${this.events.length} came`);
  }

  sequences(aggregateId: string): number[] {
    return this.events.filter((event) => event.aggregateId === aggregateId).map((event) => event.sequence);
  }

  ids(): string[] {
    return this.events.map((event) => event.id);
  }

  /** Each event once, and each aggregate's in order. */
  assertComplete(expected: readonly EventEnvelope[]): void {
    assert.deepEqual(this.ids().toSorted(), expected.map((event) => event.id).toSorted());
    for (const aggregateId of new Set(expected.map((event) => event.aggregateId))) {
      const sequences = this.sequences(aggregateId);
      assert.deepEqual(
        sequences,
        sequences.toSorted((a, b) => a - b),
        `order of ${aggregateId}`,
      );
    }
  }
}
