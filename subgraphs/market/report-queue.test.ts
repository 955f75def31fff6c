import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { createReportQueue, type QueuedReport } from './report-queue.ts';

function report(incomingSeq: number): QueuedReport {
  return { incomingSeq, change: { orderId: `o-${incomingSeq}`, message: { kind: 'unanswered' } } };
}

const numbersOf = (reports: readonly QueuedReport[]) => reports.map(({ incomingSeq }) => incomingSeq);

test('reports that come while one is being written share the next transaction, in order', async () => {
  const first = Promise.withResolvers<void>();
  const batches: number[][] = [];
  const queue = createReportQueue({
    async commit(reports) {
      batches.push(numbersOf(reports));
      if (batches.length === 1) await first.promise;
    },
    onFault: assert.ifError,
    isFinal: () => false,
  });
  for (const seq of [1, 2, 3, 4]) await queue.put(report(seq));
  assert.equal(queue.empty, false);
  first.resolve();
  await queue.drained();
  assert.deepEqual(batches, [[1], [2, 3, 4]]);
  assert.equal(queue.empty, true);
});

test('what could not be written is tried again before anything newer is', async () => {
  const written: number[] = [];
  const faults: unknown[] = [];
  const queue = createReportQueue({
    async commit(reports) {
      if (faults.length < 2) throw new Error('the database is away');
      written.push(...numbersOf(reports));
    },
    onFault: (error) => faults.push(error),
    isFinal: () => false,
  });
  await queue.put(report(1));
  await queue.put(report(2));
  await queue.drained();
  assert.deepEqual(written, [1, 2]);
  assert.equal(faults.length, 2);
});

test('when the session is lost nothing more is written or taken', async () => {
  let tries = 0;
  const queue = createReportQueue({
    async commit() {
      tries += 1;
      throw new Error('lost');
    },
    onFault: () => undefined,
    isFinal: () => true,
  });
  await queue.put(report(1));
  await queue.drained();
  assert.equal(tries, 1);
  await assert.rejects(queue.put(report(2)));
});
