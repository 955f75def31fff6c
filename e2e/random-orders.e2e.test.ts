// Random orders of all kinds, with cancels, repeats, bad requests and a faulty exchange: everything adds up to the
// last unit. RANDOM_ORDERS and RANDOM_SEED choose another run; `npm run random-orders` does it to a running bank.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRunningBank } from '@simplebank/chassis';
import { judgedRandomRun } from './judged-random-run.ts';
import { startedBank } from './started-bank.fixture.ts';

const count = Number(process.env['RANDOM_ORDERS'] ?? (process.env['BANK_WIRING'] === 'services' ? 300 : 500));
const seed = Number(process.env['RANDOM_SEED'] ?? 20_261_122);
const inFlight = 50;

test(`${count} random orders end, and cash and shares are conserved to the last unit`, async (t) => {
  await using started = await startedBank();
  const { dataDir } = started;
  const wiring = await findRunningBank(dataDir);
  assert.ok(wiring);
  const { run, outcomes, executions, repeats, problems } = await judgedRandomRun({
    dataDir,
    wiring,
    count,
    seed,
    inFlight,
  });
  const perSecond = (run.placed.length / run.seconds).toFixed(1);
  t.diagnostic(`seed ${seed}: ${run.placed.length} orders in ${run.seconds.toFixed(1)} s, ${perSecond}/s`);
  t.diagnostic(`${JSON.stringify(Object.fromEntries(outcomes))}, ${executions} executions`);
  t.diagnostic(`refused ${JSON.stringify(Object.fromEntries(run.refusals))}, ${repeats} sent again`);
  assert.deepEqual(problems, []);
  for (const outcome of ['FILLED', 'PARTIALLY_FILLED', 'CANCELED', 'REJECTED']) {
    assert.ok(outcomes.has(outcome), `the run had no order that ended ${outcome}`);
  }
  assert.ok(executions > run.placed.length / 2, 'the run traded');
});
