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
    faultOf: () => 'away',
    onSkipped: (_report, error) => assert.ifError(error),
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
    faultOf: () => 'away',
    onSkipped: (_report, error) => assert.ifError(error),
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
    faultOf: () => 'lost',
    onSkipped: (_report, error) => assert.ifError(error),
  });
  await queue.put(report(1));
  await queue.drained();
  assert.equal(tries, 1);
  await assert.rejects(queue.put(report(2)));
});

test('a report that cannot be written is left out, and all others are written in order', async () => {
  const first = Promise.withResolvers<void>();
  const written: number[] = [];
  const skipped: number[] = [];
  let faults = 0;
  const queue = createReportQueue({
    async commit(reports) {
      if (written.length === 0) await first.promise;
      if (numbersOf(reports).some((seq) => seq === 3 || seq === 5))
        throw new RangeError('Invalid time value');
      written.push(...numbersOf(reports));
    },
    onFault: () => (faults += 1),
    faultOf: () => 'report',
    onSkipped: ({ incomingSeq }) => skipped.push(incomingSeq),
  });
  for (const seq of [1, 2, 3, 4, 5]) await queue.put(report(seq));
  first.resolve();
  await queue.drained();
  assert.deepEqual(written, [1, 2, 4]);
  assert.deepEqual(skipped, [3, 5]);
  assert.equal(faults, 1);
  await queue.put(report(6));
  await queue.put(report(7));
  await queue.drained();
  assert.deepEqual(written, [1, 2, 4, 6, 7]);
});

test('a database that goes away while reports are written one by one costs none of them', async () => {
  const written: number[] = [];
  let away = true;
  const bad = new RangeError('Invalid time value');
  const queue = createReportQueue({
    async commit(reports) {
      if (reports.length > 1) throw bad;
      if (reports[0]?.incomingSeq === 3 && away) {
        away = false;
        throw new Error('the database is away');
      }
      written.push(...numbersOf(reports));
    },
    onFault: () => undefined,
    faultOf: (error) => (error === bad ? 'report' : 'away'),
    onSkipped: (_report, error) => assert.ifError(error),
  });
  for (const seq of [1, 2, 3, 4]) await queue.put(report(seq));
  await queue.drained();
  assert.deepEqual(written, [1, 2, 3, 4]);
});
