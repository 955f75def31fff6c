// A node:test reporter for run-test-file.ts: one JSON line with the counts of the file, and nothing else.
// A test marked todo counts as skipped; one that was cancelled or ran out of time counts as failed.

import type { TestEvent } from 'node:test/reporters';

export default async function* countReporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:summary') continue;
    const { tests, passed, skipped, todo } = event.data.counts;
    yield JSON.stringify({ passed, failed: tests - passed - skipped - todo, skipped: skipped + todo });
  }
}
