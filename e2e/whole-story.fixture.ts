// What a client has of an order when nothing was lost and nothing came twice: all events from the first to the last.
import assert from 'node:assert/strict';
import type { OrderUpdate } from './clients/operations.ts';

export function assertWholeStory(events: readonly OrderUpdate['event'][]): void {
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    events.map((_, index) => index + 1),
  );
  assert.equal(events.at(-1)?.type, 'ORDER_COMPLETED');
}
